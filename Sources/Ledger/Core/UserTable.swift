package import Postgres
package import Primitives

/// Users. Writes are made on the connection of the caller's transaction, in which their events are published too.
package struct UserTable: Sendable {
    package struct Filter: Sendable {
        package var email: String?
        package var role: UserRole?
        package var externalID: String?
        package var words: SearchWords?

        package init(email: String? = nil, role: UserRole? = nil, externalID: String? = nil, words: SearchWords? = nil) {
            self.email = email
            self.role = role
            self.externalID = externalID
            self.words = words
        }
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ id: UserID, workspace: WorkspaceID) async throws -> UserRow? {
        let rows = try await pool.query(
            "SELECT \(UserRow.columns) FROM users WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(UserRow.init)
    }

    /// Newest first, those before the given one.
    package func list(_ filter: Filter, workspace: WorkspaceID, before: UserID?, limit: Int) async throws -> [UserRow] {
        var page = NewestFirst("users", columns: UserRow.columns, workspace: workspace.value, before: before)
        page.require("lower(email) = lower($?)", filter.email.map { .text($0) })
        page.require("role = $?", filter.role.map { .text($0.rawValue) })
        page.require("external_id = $?", filter.externalID.map { .text($0) })
        return try await page.rows(matching: filter.words, limit: limit, on: pool).map(UserRow.init)
    }

    package static func insert(
        _ id: UserID, _ profile: UserProfile, words: SearchWords, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> UserRow {
        try await CoreRefusal.reading {
            let rows = try await connection.query(
                """
                INSERT INTO users (id, workspace_id, name, email, role, external_id, metadata, words)
                VALUES ($1, $2, $3, $4, $5, $6, $7, array_to_tsvector($8)) RETURNING \(UserRow.columns)
                """, [.id(id.value), .id(workspace.value)] + parameters(profile) + [words.stored])
            return try UserRow(rows[0])
        }
    }

    /// The row as it is, which nobody else changes until the transaction ends.
    package static func lock(_ id: UserID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> UserRow? {
        let rows = try await connection.query(
            "SELECT \(UserRow.columns) FROM users WHERE id = $1 AND workspace_id = $2 FOR NO KEY UPDATE", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(UserRow.init)
    }

    package static func update(
        _ id: UserID, _ profile: UserProfile, words: SearchWords, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> UserRow {
        try await CoreRefusal.reading {
            let rows = try await connection.query(
                """
                UPDATE users SET (name, email, role, external_id, metadata, words, version, updated_at)
                    = ($3, $4, $5, $6, $7, array_to_tsvector($8), version + 1, now())
                WHERE id = $1 AND workspace_id = $2 RETURNING \(UserRow.columns)
                """, [.id(id.value), .id(workspace.value)] + parameters(profile) + [words.stored])
            return try UserRow(rows[0])
        }
    }

    /// What the user did goes along.
    package static func delete(_ id: UserID, workspace: WorkspaceID, on connection: PostgresConnection) async throws {
        _ = try await connection.query("DELETE FROM users WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
    }

    private static func parameters(_ profile: UserProfile) -> [PostgresValue] {
        [.text(profile.name), .text(profile.email), .text(profile.role.rawValue), .optional(profile.externalID), .text(profile.metadata)]
    }
}
