package import Identity
import Ledger
package import Postgres
package import Primitives
import Synchronization

/// Endpoints as deliveries need them, read from the ledger and kept for a second: a change takes effect within that time, and a thousand
/// deliveries a second to one endpoint cost one read.
package final class EndpointDirectory: Sendable {
    package struct Entry: Sendable {
        package var url: String
        package var status: String
        package var secret: WebhookSecret
    }

    private struct Cached {
        var entry: Entry?
        var until: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let sealer: Sealer
    private let cache = Mutex<[EndpointID: Cached]>([:])
    private static let lifetime = Duration.seconds(1)
    /// Emptied when full: endpoints in use come back with one read each.
    private static let mostCached = 10_000

    package init(pool: PostgresPool, sealer: Sealer) {
        self.pool = pool
        self.sealer = sealer
    }

    /// Nil when there is none of that id in the workspace.
    package func endpoint(_ id: EndpointID, workspace: WorkspaceID) async throws -> Entry? {
        let now = ContinuousClock.now
        if let cached = cache.withLock({ $0[id] }), cached.until > now { return cached.entry }
        let rows = try await pool.query(
            "SELECT url, status, secret_sealed, secret_key_id FROM endpoints WHERE id = $1 AND workspace_id = $2",
            [.id(id.value), .id(workspace.value)])
        let entry: Entry? = try rows.first.map { row in
            let secret = try sealer.open(
                Sealed(bytes: try row.bytes(2), keyID: try row.text(3)), context: Sealer.endpointContext(workspace: workspace, endpoint: id))
            return Entry(url: try row.text(0), status: try row.text(1), secret: WebhookSecret(bytes: secret.exposed))
        }
        cache.withLock { cache in
            if cache.count >= Self.mostCached { cache.removeAll() }
            cache[id] = Cached(entry: entry, until: now + Self.lifetime)
        }
        return entry
    }
}
