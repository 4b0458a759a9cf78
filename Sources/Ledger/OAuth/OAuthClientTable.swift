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
    /// The JWK set of a client that proves itself by a signature.
    package var keys: String?

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
    package var keys: String?

    package init(
        id: OAuthClientID, workspace: WorkspaceID, clientID: String? = nil, name: String, authMethod: String, grantTypes: [String],
        redirectURIs: [String], scopes: [String], secretHash: [UInt8]?, registrationHash: [UInt8]? = nil, keys: String? = nil
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
        self.keys = keys
    }
}

/// Programs that ask for tokens.
package struct OAuthClientTable: Sendable {
    static let columns = """
        id, workspace_id, client_id, name, auth_method, grant_types, redirect_uris, scopes, secret_hash,
        CASE WHEN old_secret_until > now() THEN old_secret_hash END, old_secret_until, registration_hash, created_at, updated_at, revoked_at, jwks
        """
    let pool: PostgresPool

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
                registration_hash, jwks)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING \(columns)
            """,
            [
                .id(client.id.value), .id(client.workspace.value), .text(client.clientID), .text(client.name), .text(client.authMethod),
                .texts(client.grantTypes), .texts(client.redirectURIs), .texts(client.scopes), client.secretHash.map { .bytes($0) } ?? .null,
                client.registrationHash.map { .bytes($0) } ?? .null, .optional(client.keys),
            ])
        return try row(rows[0])
    }

    static func row(_ row: PostgresRow) throws -> OAuthClientRow {
        OAuthClientRow(
            id: OAuthClientID(try row.id(0)), workspace: WorkspaceID(try row.id(1)), clientID: try row.text(2), name: try row.text(3),
            authMethod: try row.text(4), grantTypes: try row.texts(5), redirectURIs: try row.texts(6), scopes: try row.texts(7),
            secretHash: try row.optionalBytes(8), oldSecretHash: try row.optionalBytes(9), oldSecretUntil: try row.optionalTimestamp(10),
            registrationHash: try row.optionalBytes(11), createdAt: try row.timestamp(12), updatedAt: try row.timestamp(13),
            revokedAt: try row.optionalTimestamp(14), keys: try row.optionalText(15))
    }
}
