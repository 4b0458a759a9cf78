import Hummingbird
import Identity
import Jobs
import Ledger
import Postgres
import Primitives
import Queue

/// What the routes of webhooks share: rows with what is kept elsewhere, which is limits with the lanes, and headers and secrets sealed.
struct WebhookDesk: Sendable {
    let services: APIServices

    static let queue = WebhookDeliverJob.queue

    var table: EndpointTable { EndpointTable(pool: services.pool) }

    func id(_ call: Call) throws(Problem) -> EndpointID {
        guard let id = call.id(EndpointID.self) else { throw .notFound("webhook") }
        return id
    }

    func find(_ call: Call) async throws -> EndpointRow {
        guard let row = try await table.find(try id(call), workspace: call.workspace) else { throw Problem.notFound("webhook") }
        return row
    }

    /// For the rest of the transaction, in the version that the caller means.
    func lock(_ call: Call, on connection: PostgresConnection) async throws -> EndpointRow {
        guard let row = try await EndpointTable.lock(try id(call), workspace: call.workspace, on: connection) else { throw Problem.notFound("webhook") }
        try call.requireMatch(row.version)
        return row
    }

    func json(_ rows: [EndpointRow], workspace: WorkspaceID) async throws -> [JSON] {
        let limits = try await LaneSettingsTable.limits(of: rows.map(\.id.description), queue: Self.queue, on: services.pool)
        return try rows.map { row in
            WebhookJSON.webhook(row, headers: try headers(row, workspace), limits: limits[row.id.description] ?? LaneLimits())
        }
    }

    func headers(_ row: EndpointRow, _ workspace: WorkspaceID) throws -> EndpointHeaders {
        try EndpointHeaders(row.profile.headers, sealer: services.sealer, workspace: workspace, endpoint: row.id)
    }

    func place(_ endpoint: EndpointID, _ workspace: WorkspaceID) -> LanePlace {
        LanePlace(queue: Self.queue, lane: endpoint.description, workspace: workspace)
    }

    func sealed(_ secret: WebhookSecret, for endpoint: EndpointID, _ workspace: WorkspaceID) throws -> NewEndpointSecret {
        let sealed = try services.sealer.seal(secret.bytes, context: Sealer.endpointContext(workspace: workspace, endpoint: endpoint))
        return NewEndpointSecret(id: services.ids.next(), kind: secret.scheme.rawValue, sealed: sealed.bytes, keyID: sealed.keyID)
    }

    func opened(_ rows: [EndpointSecretRow], of endpoint: EndpointID, _ workspace: WorkspaceID) throws -> [WebhookSecret] {
        try rows.compactMap { row in
            guard let scheme = SignatureScheme(rawValue: row.kind) else { return nil }
            let bytes = try services.sealer.open(
                Sealed(bytes: row.sealed, keyID: row.keyID), context: Sealer.endpointContext(workspace: workspace, endpoint: endpoint))
            return WebhookSecret(scheme, bytes: bytes.exposed)
        }
    }

    /// What waits for it waits in its lane, until the receiver has echoed a challenge.
    func holdUntilVerified(_ endpoint: EndpointID, _ workspace: WorkspaceID, on connection: PostgresConnection) async throws {
        _ = try await LaneHoldTable.hold(
            place(endpoint, workspace),
            LaneHoldTable.Order(.disabled, microseconds: nil, reason: "the endpoint waits for its receiver to echo a challenge", by: "system"), on: connection)
    }

    /// Tells the index of limits that were just committed. Where it cannot, the leader does.
    func pushLimits(of endpoint: EndpointID, _ workspace: WorkspaceID) async {
        guard let settings = try? await LaneSettingsTable(pool: services.pool).find(place(endpoint, workspace)) else { return }
        await SettingsPusher(map: services.queues, redis: services.redis).push(settings, of: Self.queue)
    }
}
