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
    /// In CIDR notation; empty for everywhere.
    package var networks: [String]
    /// Microseconds since 1970; nil for never.
    package var expiresAt: Int64?

    package init(
        id: APIKeyID, workspace: WorkspaceID, name: String, prefix: String, hash: [UInt8], scopes: [String], networks: [String] = [],
        expiresAt: Int64? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.name = name
        self.prefix = prefix
        self.hash = hash
        self.scopes = scopes
        self.networks = networks
        self.expiresAt = expiresAt
    }
}

/// What decides whether a presented key is in order.
package struct APIKeyRow: Sendable {
    package var id: APIKeyID
    package var workspace: WorkspaceID
    package var hash: [UInt8]
    package var scopes: [String]
    package var networks: [String]
    /// Neither revoked nor, by the ledger's clock, at its end.
    package var isLive: Bool
    /// To the end of the secret, by the ledger's clock; nil for none.
    package var microsecondsLeft: Int64?
}

/// API keys. A revoked one stays in the table, for who reads the log later, and is in no answer.
package struct APIKeyTable: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func insert(_ key: NewAPIKey) async throws {
        try await pool.withConnection { try await Self.insert(key, on: $0) }
    }

    package static func insert(_ key: NewAPIKey, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            "INSERT INTO api_keys (id, workspace_id, name, prefix, hash, scopes, networks, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                .id(key.id.value), .id(key.workspace.value), .text(key.name), .text(key.prefix), .bytes(key.hash), .texts(key.scopes),
                .texts(key.networks), .optional(time: key.expiresAt),
            ])
    }

    /// By its newest secret, or an older one that still goes on. The one query without a workspace: it is what tells the workspace.
    package func find(prefix: String) async throws -> APIKeyRow? {
        let rows = try await pool.query(
            """
            SELECT id, workspace_id, hash, scopes, networks, revoked_at IS NULL AND (until IS NULL OR until > now()),
                (extract(epoch FROM until - now()) * 1000000)::bigint
            FROM (
                SELECT k.id, k.workspace_id, k.hash, k.scopes, k.networks, k.revoked_at, k.expires_at AS until FROM api_keys k WHERE k.prefix = $1
                UNION ALL
                SELECT k.id, k.workspace_id, o.hash, k.scopes, k.networks, k.revoked_at, least(o.until, k.expires_at)
                FROM api_key_old_secrets o JOIN api_keys k ON k.id = o.key_id AND k.workspace_id = o.workspace_id WHERE o.prefix = $1
            ) found
            """,
            [.text(prefix)])
        return try rows.first.map {
            APIKeyRow(
                id: APIKeyID(try $0.id(0)), workspace: WorkspaceID(try $0.id(1)), hash: try $0.bytes(2), scopes: try $0.texts(3),
                networks: try $0.texts(4), isLive: try $0.bool(5), microsecondsLeft: try $0.optionalInt64(6))
        }
    }

    /// False when there is none, or it was revoked before.
    package func revoke(_ id: APIKeyID, workspace: WorkspaceID) async throws -> Bool {
        try await pool.withTransaction { try await Self.revoke(id, workspace: workspace, on: $0) }
    }

    package static func revoke(_ id: APIKeyID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.query(
            "UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL RETURNING id",
            [.id(id.value), .id(workspace.value)])
        guard !rows.isEmpty else { return false }
        _ = try await endOverlap(id, workspace: workspace, on: connection)
        return true
    }

    /// Now, for keys whose last note is a minute old.
    package func noteUse(of keys: [APIKeyID]) async throws {
        try await pool.query(
            """
            UPDATE api_keys SET last_used_at = now() WHERE id = ANY($1)
                AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') AND revoked_at IS NULL
            """,
            [.ids(keys.map(\.value))])
    }
}
