package import Postgres
package import Primitives

extension OAuthClientTable {
    /// What may be changed; nil for what stays.
    package struct Change: Sendable {
        package var name: String?
        package var grantTypes: [String]?
        package var redirectURIs: [String]?
        package var scopes: [String]?
        package var keys: String?

        package init(
            name: String? = nil, grantTypes: [String]? = nil, redirectURIs: [String]? = nil, scopes: [String]? = nil, keys: String? = nil
        ) {
            self.name = name
            self.grantTypes = grantTypes
            self.redirectURIs = redirectURIs
            self.scopes = scopes
            self.keys = keys
        }
    }

    /// As it is, and stays until the transaction ends.
    package static func lock(_ id: OAuthClientID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> OAuthClientRow? {
        let rows = try await connection.query(
            "SELECT \(columns) FROM oauth_clients WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL FOR UPDATE",
            [.id(id.value), .id(workspace.value)])
        return try rows.first.map(row)
    }

    /// - Parameter accept: judges the client as it was and as it would be; refuses by throwing.
    package func change(
        _ id: OAuthClientID, workspace: WorkspaceID, _ change: Change,
        accept: @Sendable (_ before: OAuthClientRow, _ after: OAuthClientRow) throws -> Void
    ) async throws -> OAuthClientRow? {
        try await pool.withTransaction { connection in
            guard let before = try await Self.lock(id, workspace: workspace, on: connection) else { return nil }
            let rows = try await connection.query(
                """
                UPDATE oauth_clients SET name = coalesce($3, name), grant_types = coalesce($4, grant_types),
                    redirect_uris = coalesce($5, redirect_uris), scopes = coalesce($6, scopes), jwks = coalesce($7, jwks), updated_at = now()
                WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL RETURNING \(Self.columns)
                """,
                [
                    .id(id.value), .id(workspace.value), .optional(change.name), .optional(texts: change.grantTypes),
                    .optional(texts: change.redirectURIs), .optional(texts: change.scopes), .optional(change.keys),
                ])
            guard let row = try rows.first.map(Self.row) else { return nil }
            try accept(before, row)
            return row
        }
    }

    /// All that a client says of itself, at once (RFC 7592 §2.2). Its ids, its registration token and, where it keeps one, its secret stay.
    /// - Parameter keepingSecret: whether the secret that there is goes on, and the one in the row is not meant.
    package func replace(_ client: NewOAuthClient, keepingSecret: Bool) async throws -> OAuthClientRow? {
        let rows = try await pool.query(
            """
            UPDATE oauth_clients SET name = $3, auth_method = $4, grant_types = $5, redirect_uris = $6, scopes = $7, jwks = $8,
                secret_hash = CASE WHEN $10 THEN secret_hash ELSE $9 END, old_secret_hash = CASE WHEN $10 THEN old_secret_hash END,
                old_secret_until = CASE WHEN $10 THEN old_secret_until END, updated_at = now()
            WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL RETURNING \(Self.columns)
            """,
            [
                .id(client.id.value), .id(client.workspace.value), .text(client.name), .text(client.authMethod), .texts(client.grantTypes),
                .texts(client.redirectURIs), .texts(client.scopes), .optional(client.keys), client.secretHash.map { .bytes($0) } ?? .null,
                .bool(keepingSecret),
            ])
        return try rows.first.map(Self.row)
    }

    /// Sets a new secret; the one before stays good for a while.
    package static func rotate(
        _ id: OAuthClientID, workspace: WorkspaceID, secretHash: [UInt8], overlap: Duration, on connection: PostgresConnection
    ) async throws -> OAuthClientRow? {
        let rows = try await connection.query(
            """
            UPDATE oauth_clients SET old_secret_hash = secret_hash, old_secret_until = now() + $4 * interval '1 microsecond', secret_hash = $3,
                updated_at = now()
            WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL AND secret_hash IS NOT NULL AND jwks IS NULL RETURNING \(columns)
            """, [.id(id.value), .id(workspace.value), .bytes(secretHash), .int64(overlap.microseconds)])
        return try rows.first.map(row)
    }

    /// Makes the client, or gives the one of this name in the same workspace its secret and, where it has any, its addresses and grants.
    /// - Returns: whether there is such a client now.
    package func ensure(_ client: NewOAuthClient) async throws -> Bool {
        let rows = try await pool.query(
            """
            INSERT INTO oauth_clients AS c (id, workspace_id, client_id, name, auth_method, grant_types, redirect_uris, scopes, secret_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (client_id) DO UPDATE SET secret_hash = excluded.secret_hash, updated_at = now(),
                redirect_uris = CASE WHEN cardinality(excluded.redirect_uris) > 0 THEN excluded.redirect_uris ELSE c.redirect_uris END,
                grant_types = CASE WHEN cardinality(excluded.redirect_uris) > 0 THEN excluded.grant_types ELSE c.grant_types END
            WHERE c.workspace_id = excluded.workspace_id AND c.revoked_at IS NULL AND c.secret_hash IS NOT NULL
            """,
            [
                .id(client.id.value), .id(client.workspace.value), .text(client.clientID), .text(client.name), .text(client.authMethod),
                .texts(client.grantTypes), .texts(client.redirectURIs), .texts(client.scopes), client.secretHash.map { .bytes($0) } ?? .null,
            ])
        return rows.affected == 1
    }

    /// Ends the client and all that it was granted. False when there is none, or it was revoked before.
    package func revoke(_ id: OAuthClientID, workspace: WorkspaceID) async throws -> Bool {
        try await pool.query(
            "UPDATE oauth_clients SET revoked_at = now(), updated_at = now() WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL",
            [.id(id.value), .id(workspace.value)]
        ).affected == 1
    }
}
