package import Postgres
package import Primitives

/// A browser in which somebody is signed in.
package struct SessionRow: Sendable {
    package var workspace: WorkspaceID
    package var user: UserID
    package var email: String
    package var role: UserRole
    /// Microseconds since 1970.
    package var createdAt: Int64
}

package struct SessionTable: Sendable {
    private let pool: PostgresPool
    /// Of one user; the oldest goes for a newer one.
    private static let most: Int64 = 20

    package init(pool: PostgresPool) { self.pool = pool }

    package func insert(hash: [UInt8], user: UserID, workspace: WorkspaceID, lifetime: Duration) async throws {
        try await pool.withTransaction { connection in
            _ = try await connection.query(
                """
                DELETE FROM sessions WHERE workspace_id = $1 AND user_id = $2 AND hash NOT IN (
                    SELECT hash FROM sessions WHERE workspace_id = $1 AND user_id = $2 ORDER BY created_at DESC LIMIT $3)
                """, [.id(workspace.value), .id(user.value), .int64(Self.most - 1)])
            _ = try await connection.query(
                """
                INSERT INTO sessions (hash, workspace_id, user_id, expires_at) VALUES ($1, $2, $3, now() + $4 * interval '1 microsecond')
                """, [.bytes(hash), .id(workspace.value), .id(user.value), .int64(lifetime.microseconds)])
        }
    }

    /// Not scoped to a workspace: it is what tells the workspace.
    package func find(hash: [UInt8]) async throws -> SessionRow? {
        let rows = try await pool.query(
            """
            SELECT s.workspace_id, s.user_id, u.email, u.role, s.created_at FROM sessions s
            JOIN users u ON u.workspace_id = s.workspace_id AND u.id = s.user_id WHERE s.hash = $1 AND s.expires_at > now()
            """, [.bytes(hash)])
        return try rows.first.map {
            SessionRow(
                workspace: WorkspaceID(try $0.id(0)), user: UserID(try $0.id(1)), email: try $0.text(2),
                role: UserRole(rawValue: try $0.text(3)) ?? .learner, createdAt: try $0.timestamp(4))
        }
    }

    package func end(hash: [UInt8]) async throws { try await pool.query("DELETE FROM sessions WHERE hash = $1", [.bytes(hash)]) }

    /// Forgets what is over, a page at a time: sessions, and requests that nobody answered.
    package static func prune(on pool: PostgresPool) async throws {
        let perPage = 5000
        for table in ["sessions", "pushed_requests"] {
            var removed = perPage
            while removed == perPage {
                removed = Int(
                    try await pool.query(
                        """
                        DELETE FROM \(table) WHERE ctid = ANY (ARRAY(
                            SELECT ctid FROM \(table) WHERE expires_at < now() ORDER BY expires_at LIMIT \(perPage) FOR UPDATE SKIP LOCKED))
                        """
                    ).affected)
            }
        }
    }
}
