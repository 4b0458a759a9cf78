package import Postgres
package import Primitives

package struct WorkspaceRow: Sendable, Equatable {
    package var id: WorkspaceID
    package var name: String
    /// Microseconds since 1970.
    package var createdAt: Int64
}

/// Tenants. Every other row belongs to one.
package struct WorkspaceTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func create(_ id: WorkspaceID, name: String) async throws {
        try await pool.query("INSERT INTO workspaces (id, name) VALUES ($1, $2)", [.id(id.value), .text(name)])
    }

    package func find(_ id: WorkspaceID) async throws -> WorkspaceRow? {
        try await pool.query("SELECT id, name, created_at FROM workspaces WHERE id = $1", [.id(id.value)]).first.map(Self.row)
    }

    /// The oldest one: the workspace of an installation that has one.
    package func first() async throws -> WorkspaceRow? {
        try await pool.query("SELECT id, name, created_at FROM workspaces ORDER BY id LIMIT 1").first.map(Self.row)
    }

    private static func row(_ row: PostgresRow) throws -> WorkspaceRow {
        WorkspaceRow(id: WorkspaceID(try row.id(0)), name: try row.text(1), createdAt: try row.timestamp(2))
    }
}
