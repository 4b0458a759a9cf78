package import HTTPDelivery
package import Identity
import Ledger
package import Postgres
package import Primitives
import Synchronization

/// Endpoints as deliveries need them, read from the ledger and kept for a second: a change takes effect within that time, and a thousand
/// deliveries a second to one endpoint cost two reads.
package final class EndpointDirectory: Sendable {
    package struct Entry: Sendable {
        /// `active`, `paused` or `disabled`.
        package var status: String
        /// The URL as the client dials it, judged by the address policy; the client judges again at every dial.
        package var target: Result<DeliveryTarget, DeliveryError>
        /// Signs with every live secret: the whole of the `webhook-signature` header.
        package var signer: EndpointSigner
        /// The endpoint's own; none of them is one that we send.
        package var headers: [(name: String, value: Redacted<String>)]
        /// Of one attempt, the answer's body included.
        package var timeout: Duration
        /// Between the attempts; nil for the kind's.
        package var retrySchedule: [Duration]?
        /// The version of bodies that the receiver was written for; nil for the present one.
        package var apiVersion: String?
    }

    /// With the workspace: an id alone must not open another workspace's endpoint to a payload that was edited by hand.
    private struct Key: Hashable {
        var id: EndpointID
        var workspace: WorkspaceID
    }

    private struct Cached {
        var entry: Entry?
        /// From here on one delivery reads it anew, while the others still go by what is known.
        var renewal: ContinuousClock.Instant
        var until: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let sealer: Sealer
    let targets: AddressPolicy
    private let cache = Mutex<[Key: Cached]>([:])
    private static let lifetime = Duration.seconds(1)
    package static let usualTimeout = Duration.seconds(15)
    /// Emptied when full: endpoints in use come back with one read each.
    private static let mostCached = 10_000

    package init(pool: PostgresPool, sealer: Sealer, targets: AddressPolicy) {
        self.pool = pool
        self.sealer = sealer
        self.targets = targets
    }

    /// Nil when there is none of that id in the workspace.
    package func endpoint(_ id: EndpointID, workspace: WorkspaceID) async throws -> Entry? {
        let now = ContinuousClock.now
        let key = Key(id: id, workspace: workspace)
        if let cached = known(key, at: now) { return cached.entry }
        let rows = try await pool.query(Self.rows, [.id(id.value), .id(workspace.value)])
        let entry = try rows.first.map { row in
            let context = Sealer.endpointContext(workspace: workspace, endpoint: id)
            let secrets = try rows.compactMap { row -> WebhookSecret? in
                guard let kind = try row.optionalText(8), let scheme = SignatureScheme(rawValue: kind) else { return nil }
                let secret = try sealer.open(Sealed(bytes: try row.bytes(9), keyID: try row.text(10)), context: context)
                return WebhookSecret(scheme, bytes: secret.exposed)
            }
            return try read(row, secrets, id: id, workspace: workspace)
        }
        cache.withLock { cache in
            if cache.count >= Self.mostCached { cache.removeAll() }
            cache[key] = Cached(entry: entry, renewal: now + Self.lifetime / 2, until: now + Self.lifetime)
        }
        return entry
    }

    /// The value of a header that a delivery has for itself.
    func opened(_ value: String, header name: String, workspace: WorkspaceID) throws -> String {
        try DeliveryEdit.opened(value, name: name, by: sealer, workspace: workspace)
    }

    /// For a change of this process's own, which is to take effect at once.
    func forget(_ id: EndpointID, workspace: WorkspaceID) {
        cache.withLock { cache in cache[Key(id: id, workspace: workspace)] = nil }
    }

    /// The receiver at this URL has echoed its challenge. False when the endpoint has another URL by now, or waits for no challenge.
    func verified(_ id: EndpointID, workspace: WorkspaceID, url: DeliveryTarget) async throws -> Bool {
        try await EndpointTable(pool: pool).verify(
            id, workspace: workspace, url: url.text, place: EndpointSwitch.lane(of: id, workspace: workspace))
    }

    /// A row for each live secret.
    private static let rows = """
        SELECT e.url, e.status, e.headers_sealed, e.headers_key_id, e.timeout_ms, coalesce(e.retry_schedule::text[], '{}'),
            e.retry_schedule IS NULL, e.api_version, s.kind, s.secret_sealed, s.secret_key_id
        FROM endpoints e LEFT JOIN endpoint_secrets s
            ON s.endpoint_id = e.id AND s.workspace_id = e.workspace_id AND (s.expires_at IS NULL OR s.expires_at > now())
        WHERE e.id = $1 AND e.workspace_id = $2 ORDER BY s.created_at DESC, s.id DESC LIMIT \(EndpointSecretTable.mostLive)
        """

    private func read(_ row: PostgresRow, _ secrets: [WebhookSecret], id: EndpointID, workspace: WorkspaceID) throws -> Entry {
        var sealed: EndpointProfile.Headers?
        if let bytes = try row.optionalBytes(2), let keyID = try row.optionalText(3) { sealed = EndpointProfile.Headers(sealed: bytes, keyID: keyID) }
        let headers = try EndpointHeaders(sealed, sealer: sealer, workspace: workspace, endpoint: id)
        let url = try row.text(0)
        return Entry(
            status: try row.text(1), target: Result { () throws(DeliveryError) in try DeliveryTarget(url, policy: targets) },
            signer: EndpointSigner(secrets), headers: headers.all.map { ($0.name, $0.value) },
            timeout: try row.optionalInt32(4).map { .milliseconds($0) } ?? Self.usualTimeout,
            retrySchedule: try row.bool(6) ? nil : try row.texts(5).compactMap { Int64($0).map { .seconds($0) } },
            apiVersion: try row.optionalText(7))
    }

    /// Nil when the caller has to read it.
    private func known(_ key: Key, at now: ContinuousClock.Instant) -> Cached? {
        cache.withLock { cache in
            guard let cached = cache[key], cached.until > now else { return nil }
            if cached.renewal <= now {
                cache[key]?.renewal = cached.until
                return nil
            }
            return cached
        }
    }
}
