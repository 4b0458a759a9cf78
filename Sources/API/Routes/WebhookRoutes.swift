import HTTPDelivery
import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives

/// Endpoints that receive events.
struct WebhookRoutes: Sendable {
    let services: APIServices

    private static let list = "webhooks"
    private static let members: Set<String> = ["eventType", "eventTypes", "webhookUrl", "description", "secret"]
    private static let mostEventTypes = 50
    private static let longestDescription = 500
    private static let longestSecret = 128

    var all: [Route] {
        [
            Route(.post, "/api/webhooks", WebhookOperations.create, .webhooksWrite, handler: create),
            Route(.get, "/api/webhooks", WebhookOperations.list, .webhooksRead, handler: index),
            Route(.get, "/api/webhooks/{id}", WebhookOperations.show, .webhooksRead, handler: show),
            Route(.delete, "/api/webhooks/{id}", WebhookOperations.delete, .webhooksWrite, handler: delete),
        ]
    }

    private var table: EndpointTable { EndpointTable(pool: services.pool) }

    private func create(_ call: Call) async throws -> Response {
        let (body, claim) = try await call.body()
        var fields = Fields(body)
        fields.allow(only: Self.members)
        let eventTypes = Self.eventTypes(&fields)
        let url = url(&fields)
        let description = fields.text("description", longest: Self.longestDescription)
        let secret = fields.text("secret", longest: Self.longestSecret).map { WebhookSecret($0) }
        if case .some(.none) = secret { fields.refuse("secret", "must be whsec_ and the base64 of 24 to 64 bytes") }
        try fields.finish()

        let used = (secret ?? nil) ?? services.defaultWebhookSecret ?? .random()
        let id = services.ids.next(Endpoint.self)
        let sealed = try services.sealer.seal(used.bytes, context: Sealer.endpointContext(workspace: call.workspace, endpoint: id))
        let endpoint = NewEndpoint(
            id: id, workspace: call.workspace, url: url, eventTypes: eventTypes, description: description ?? "", sealedSecret: sealed.bytes,
            secretKeyID: sealed.keyID)
        switch try await table.create(endpoint, claim: claim) {
        case .done(let row): return Response(.created, json(row, secret: used))
        case .replayed(let answer): return try await replay(answer, call)
        case .mismatch: throw Problem.idempotencyMismatch
        case .inProgress: throw Problem.idempotencyInProgress
        }
    }

    /// The first answer again, its secret included: only who holds the key of that request can ask for it.
    private func replay(_ answer: String, _ call: Call) async throws -> Response {
        guard let id = EndpointID(answer), let row = try await table.find(id, workspace: call.workspace) else { throw Problem.notFound("webhook") }
        let secret = try services.sealer.open(
            Sealed(bytes: row.sealedSecret, keyID: row.secretKeyID), context: Sealer.endpointContext(workspace: call.workspace, endpoint: id))
        return Response(.created, json(row, secret: WebhookSecret(bytes: secret.exposed))).replayed(true)
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: EndpointID.self))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: { json($0) })
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(EndpointID.self), let row = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("webhook")
        }
        return Response(.ok, json(row))
    }

    /// Deliveries that wait for it are cancelled when their turn comes.
    private func delete(_ call: Call) async throws -> Response {
        guard let id = call.id(EndpointID.self), try await table.delete(id, workspace: call.workspace) else { throw Problem.notFound("webhook") }
        return Response(status: .noContent)
    }

    private static func eventTypes(_ fields: inout Fields) -> [String] {
        let one = fields.text("eventType", longest: EventName.longest)
        let several = fields.texts("eventTypes", most: mostEventTypes, longest: EventName.longest)
        if one != nil, several != nil { fields.refuse("eventType", "must not be given together with eventTypes") }
        if !fields.contains("eventType"), !fields.contains("eventTypes") { fields.refuse("eventType", "is missing") }
        if let one, !EventName.isValid(one) { fields.refuse("eventType", EventName.rule) }
        if let several, !several.allSatisfy(EventName.isValid) { fields.refuse("eventTypes", EventName.rule) }
        var seen: Set<String> = []
        return (several ?? one.map { [$0] } ?? []).filter { seen.insert($0).inserted }
    }

    private func url(_ fields: inout Fields) -> String {
        guard let text = fields.text("webhookUrl", required: true, longest: 4096) else { return "" }
        do {
            return try DeliveryTarget(text, policy: services.addressPolicy).text
        } catch {
            fields.refuse("webhookUrl", error.detail)
            return ""
        }
    }

    private func json(_ row: EndpointRow, secret: WebhookSecret? = nil) -> JSON {
        var members: [(String, JSON)] = [("id", .text(row.id))]
        if let secret { members.append(("secret", .string(secret.exposed))) }
        members += [
            ("status", .string(row.status)), ("eventTypes", .array(row.eventTypes.map { .string($0) })), ("webhookUrl", .string(row.url)),
            ("description", .string(row.description)), ("createdAt", .time(row.createdAt)), ("updatedAt", .time(row.updatedAt)),
        ]
        return .object(members)
    }
}
