package import Postgres
package import Primitives

/// How many requests of a class a credential of a workspace may make.
package struct WorkspaceLimit: Sendable, Hashable {
    package var perMinute: Int32
    /// Within ten seconds.
    package var burst: Int32

    package init(perMinute: Int32, burst: Int32) {
        self.perMinute = perMinute
        self.burst = burst
    }
}

/// What workspaces have set for themselves, by class of routes.
package struct WorkspaceLimitTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ workspace: WorkspaceID) async throws -> [String: WorkspaceLimit] {
        try await pool.withConnection { try await Self.find(workspace, on: $0) }
    }

    package static func find(_ workspace: WorkspaceID, on connection: PostgresConnection) async throws -> [String: WorkspaceLimit] {
        let rows = try await connection.query("SELECT class, per_minute, burst FROM workspace_limits WHERE workspace_id = $1", [.id(workspace.value)])
        return try Dictionary(
            rows.map { (try $0.text(0), WorkspaceLimit(perMinute: try $0.int32(1), burst: try $0.int32(2))) }, uniquingKeysWith: { $1 })
    }

    /// - Parameter changes: by class; nil takes it back to the default.
    package static func change(_ workspace: WorkspaceID, _ changes: [String: WorkspaceLimit?], on connection: PostgresConnection) async throws {
        let cleared = changes.filter { $0.value == nil }.keys.sorted()
        if !cleared.isEmpty {
            _ = try await connection.query(
                "DELETE FROM workspace_limits WHERE workspace_id = $1 AND class = ANY($2)", [.id(workspace.value), .texts(cleared)])
        }
        let set = changes.compactMap { name, limit in limit.map { (name, $0) } }.sorted { $0.0 < $1.0 }
        guard !set.isEmpty else { return }
        _ = try await connection.query(
            """
            INSERT INTO workspace_limits (workspace_id, class, per_minute, burst)
            SELECT $1, * FROM unnest($2::text[], $3::int[], $4::int[])
            ON CONFLICT (workspace_id, class) DO UPDATE SET per_minute = excluded.per_minute, burst = excluded.burst, changed_at = now()
            """,
            [.id(workspace.value), .texts(set.map(\.0)), .int32s(set.map(\.1.perMinute)), .int32s(set.map(\.1.burst))])
    }
}
