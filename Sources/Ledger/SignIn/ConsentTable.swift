package import Postgres
package import Primitives

/// What a user let a client do.
package struct ConsentRow: Sendable {
    package var client: OAuthClientID
    package var clientID: String
    package var clientName: String
    package var scopes: [String]
    /// Microseconds since 1970.
    package var createdAt: Int64
    package var updatedAt: Int64
}

/// Remembered consents: one row for each user and client, with all that was ever agreed to and not taken back.
package struct ConsentTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func scopes(user: UserID, client: OAuthClientID, workspace: WorkspaceID) async throws -> [String] {
        try await pool.query(
            "SELECT scopes FROM consents WHERE workspace_id = $1 AND user_id = $2 AND client_id = $3",
            [.id(workspace.value), .id(user.value), .id(client.value)]
        ).first?.texts(0) ?? []
    }

    package func remember(_ scopes: [String], user: UserID, client: OAuthClientID, workspace: WorkspaceID) async throws {
        try await pool.query(
            """
            INSERT INTO consents AS c (workspace_id, user_id, client_id, scopes) VALUES ($1, $2, $3, $4)
            ON CONFLICT (workspace_id, user_id, client_id) DO UPDATE
            SET scopes = ARRAY(SELECT DISTINCT unnest(c.scopes || excluded.scopes) ORDER BY 1), updated_at = now()
            """, [.id(workspace.value), .id(user.value), .id(client.value), .texts(scopes)])
    }

    /// By name of the client; a user has few.
    package func list(user: UserID, workspace: WorkspaceID, limit: Int) async throws -> [ConsentRow] {
        let rows = try await pool.query(
            """
            SELECT c.client_id, o.client_id, o.name, c.scopes, c.created_at, c.updated_at FROM consents c
            JOIN oauth_clients o ON o.workspace_id = c.workspace_id AND o.id = c.client_id
            WHERE c.workspace_id = $1 AND c.user_id = $2 AND o.revoked_at IS NULL ORDER BY o.name, c.client_id LIMIT $3
            """, [.id(workspace.value), .id(user.value), .int64(Int64(limit))])
        return try rows.map {
            ConsentRow(
                client: OAuthClientID(try $0.id(0)), clientID: try $0.text(1), clientName: try $0.text(2), scopes: try $0.texts(3),
                createdAt: try $0.timestamp(4), updatedAt: try $0.timestamp(5))
        }
    }

    /// False when there is none.
    package func forget(user: UserID, client: OAuthClientID, workspace: WorkspaceID) async throws -> Bool {
        try await pool.query(
            "DELETE FROM consents WHERE workspace_id = $1 AND user_id = $2 AND client_id = $3",
            [.id(workspace.value), .id(user.value), .id(client.value)]
        ).affected == 1
    }
}
