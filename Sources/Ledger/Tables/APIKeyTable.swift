package import Postgres
package import Primitives

package struct NewAPIKey: Sendable {
    package var id: APIKeyID
    package var workspace: WorkspaceID
    package var name: String
    package var prefix: String
    /// SHA-256 of the whole key.
    package var hash: [UInt8]
    package var scopes: [String]
    /// Microseconds since 1970; nil for never.
    package var expiresAt: Int64?

    package init(id: APIKeyID, workspace: WorkspaceID, name: String, prefix: String, hash: [UInt8], scopes: [String], expiresAt: Int64? = nil) {
        self.id = id
        self.workspace = workspace
        self.name = name
        self.prefix = prefix
        self.hash = hash
        self.scopes = scopes
        self.expiresAt = expiresAt
    }
}

package struct APIKeyRow: Sendable {
    package var id: APIKeyID
    package var workspace: WorkspaceID
    package var hash: [UInt8]
    package var scopes: [String]
    /// Neither revoked nor, by the ledger's clock, expired.
    package var isLive: Bool
}

package struct APIKeyTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func insert(_ key: NewAPIKey) async throws {
        try await pool.query(
            "INSERT INTO api_keys (id, workspace_id, name, prefix, hash, scopes, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                .id(key.id.value), .id(key.workspace.value), .text(key.name), .text(key.prefix), .bytes(key.hash), .texts(key.scopes),
                key.expiresAt.map { .timestamp(microsecondsSince1970: $0) } ?? .null,
            ])
    }

    /// The one query without a workspace: it is what tells the workspace.
    package func find(prefix: String) async throws -> APIKeyRow? {
        let rows = try await pool.query(
            """
            SELECT id, workspace_id, hash, scopes, revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
            FROM api_keys WHERE prefix = $1
            """,
            [.text(prefix)])
        return try rows.first.map {
            APIKeyRow(
                id: APIKeyID(try $0.id(0)), workspace: WorkspaceID(try $0.id(1)), hash: try $0.bytes(2), scopes: try $0.texts(3),
                isLive: try $0.bool(4))
        }
    }

    /// False when there is none, or it was revoked before.
    package func revoke(_ id: APIKeyID, workspace: WorkspaceID) async throws -> Bool {
        let rows = try await pool.query(
            "UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL RETURNING id",
            [.id(id.value), .id(workspace.value)])
        return !rows.isEmpty
    }
}
