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
        package var status: String
        /// The URL as the client dials it, judged by the address policy; the client judges again at every dial.
        package var target: Result<DeliveryTarget, DeliveryError>
        package var signer: WebhookSigner
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
        let rows = try await pool.query(
            "SELECT url, status, secret_sealed, secret_key_id FROM endpoints WHERE id = $1 AND workspace_id = $2",
            [.id(id.value), .id(workspace.value)])
        let entry: Entry? = try rows.first.map { row in
            let secret = try sealer.open(
                Sealed(bytes: try row.bytes(2), keyID: try row.text(3)), context: Sealer.endpointContext(workspace: workspace, endpoint: id))
            let url = try row.text(0)
            return Entry(
                status: try row.text(1), target: Result { () throws(DeliveryError) in try DeliveryTarget(url, policy: targets) },
                signer: WebhookSigner(WebhookSecret(bytes: secret.exposed)))
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
