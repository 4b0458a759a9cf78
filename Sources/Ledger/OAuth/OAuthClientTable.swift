package import Postgres
package import Primitives

package struct OAuthClientRow: Sendable {
    package var id: OAuthClientID
    package var workspace: WorkspaceID
    /// As the client calls itself in requests.
    package var clientID: String
    package var name: String
    package var authMethod: String
    package var grantTypes: [String]
    package var redirectURIs: [String]
    package var scopes: [String]
    /// SHA-256; nil for a public client.
    package var secretHash: [UInt8]?
    /// The one before, while both are good.
    package var oldSecretHash: [UInt8]?
    /// Microseconds since 1970.
    package var oldSecretUntil: Int64?
    package var registrationHash: [UInt8]?
    package var createdAt: Int64
    package var updatedAt: Int64
    package var revokedAt: Int64?

    /// Has no secret, and so proves nothing by naming itself.
    package var isPublic: Bool { authMethod == "none" }
}

package struct NewOAuthClient: Sendable {
    package var id: OAuthClientID
    package var workspace: WorkspaceID
    package var clientID: String
    package var name: String
    package var authMethod: String
    package var grantTypes: [String]
    package var redirectURIs: [String]
    package var scopes: [String]
    package var secretHash: [UInt8]?
    package var registrationHash: [UInt8]?

    package init(
        id: OAuthClientID, workspace: WorkspaceID, clientID: String? = nil, name: String, authMethod: String, grantTypes: [String],
        redirectURIs: [String], scopes: [String], secretHash: [UInt8]?, registrationHash: [UInt8]? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.clientID = clientID ?? id.description
        self.name = name
        self.authMethod = authMethod
        self.grantTypes = grantTypes
        self.redirectURIs = redirectURIs
        self.scopes = scopes
        self.secretHash = secretHash
        self.registrationHash = registrationHash
    }
}

/// Programs that ask for tokens.
package struct OAuthClientTable: Sendable {
    private static let columns = """
        id, workspace_id, client_id, name, auth_method, grant_types, redirect_uris, scopes, secret_hash,
        CASE WHEN old_secret_until > now() THEN old_secret_hash END, old_secret_until, registration_hash, created_at, updated_at, revoked_at
        """
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The client that a request names; nil when there is none or it is revoked. Not scoped to a workspace: it is what tells the workspace.
    package func find(clientID: String) async throws -> OAuthClientRow? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM oauth_clients WHERE client_id = $1 AND revoked_at IS NULL", [.text(clientID)])
        return try rows.first.map(Self.row)
    }

    package func find(_ id: OAuthClientID, workspace: WorkspaceID) async throws -> OAuthClientRow? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM oauth_clients WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL",
            [.id(id.value), .id(workspace.value)])
        return try rows.first.map(Self.row)
    }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, before: OAuthClientID?, limit: Int) async throws -> [OAuthClientRow] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM oauth_clients WHERE workspace_id = $1 AND id < $2 AND revoked_at IS NULL
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit))])
        return try rows.map(Self.row)
    }

    package static func insert(_ client: NewOAuthClient, on connection: PostgresConnection) async throws -> OAuthClientRow {
        let rows = try await connection.query(
            """
            INSERT INTO oauth_clients (id, workspace_id, client_id, name, auth_method, grant_types, redirect_uris, scopes, secret_hash,
                registration_hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING \(columns)
            """,
            [
                .id(client.id.value), .id(client.workspace.value), .text(client.clientID), .text(client.name), .text(client.authMethod),
                .texts(client.grantTypes), .texts(client.redirectURIs), .texts(client.scopes), client.secretHash.map { .bytes($0) } ?? .null,
                client.registrationHash.map { .bytes($0) } ?? .null,
            ])
        return try row(rows[0])
    }

    static func row(_ row: PostgresRow) throws -> OAuthClientRow {
        OAuthClientRow(
            id: OAuthClientID(try row.id(0)), workspace: WorkspaceID(try row.id(1)), clientID: try row.text(2), name: try row.text(3),
            authMethod: try row.text(4), grantTypes: try row.texts(5), redirectURIs: try row.texts(6), scopes: try row.texts(7),
            secretHash: try row.optionalBytes(8), oldSecretHash: try row.optionalBytes(9), oldSecretUntil: try row.optionalTimestamp(10),
            registrationHash: try row.optionalBytes(11), createdAt: try row.timestamp(12), updatedAt: try row.timestamp(13),
            revokedAt: try row.optionalTimestamp(14))
    }
}

extension OAuthClientTable {
    /// What may be changed; nil for what stays.
    package struct Change: Sendable {
        package var name: String?
        package var grantTypes: [String]?
        package var redirectURIs: [String]?
        package var scopes: [String]?

        package init(name: String? = nil, grantTypes: [String]? = nil, redirectURIs: [String]? = nil, scopes: [String]? = nil) {
            self.name = name
            self.grantTypes = grantTypes
            self.redirectURIs = redirectURIs
            self.scopes = scopes
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
                    redirect_uris = coalesce($5, redirect_uris), scopes = coalesce($6, scopes), updated_at = now()
                WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL RETURNING \(Self.columns)
                """,
                [
                    .id(id.value), .id(workspace.value), .optional(change.name), .optional(texts: change.grantTypes),
                    .optional(texts: change.redirectURIs), .optional(texts: change.scopes),
                ])
            guard let row = try rows.first.map(Self.row) else { return nil }
            try accept(before, row)
            return row
        }
    }

    /// Sets a new secret; the one before stays good for a while.
    package static func rotate(
        _ id: OAuthClientID, workspace: WorkspaceID, secretHash: [UInt8], overlap: Duration, on connection: PostgresConnection
    ) async throws -> OAuthClientRow? {
        let rows = try await connection.query(
            """
            UPDATE oauth_clients SET old_secret_hash = secret_hash, old_secret_until = now() + $4 * interval '1 microsecond', secret_hash = $3,
                updated_at = now()
            WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL AND secret_hash IS NOT NULL RETURNING \(columns)
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
