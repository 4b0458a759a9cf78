package import Postgres
package import Primitives

/// A key as its owner sees it. Times are microseconds since 1970.
package struct APIKeyListing: Sendable, Equatable {
    package var id: APIKeyID
    package var name: String
    package var prefix: String
    package var scopes: [String]
    package var networks: [String]
    package var createdAt: Int64
    package var expiresAt: Int64?
    /// To the minute.
    package var lastUsedAt: Int64?
    /// When the last of the older secrets ends; nil when there is none.
    package var overlapEndsAt: Int64?
}

/// What of a key is changed; what is nil stays.
package struct APIKeyChange: Sendable, Equatable {
    package var name: String?
    package var scopes: [String]?
    package var networks: [String]?
    /// `.some(nil)`: never.
    package var expiresAt: Int64??

    package init(name: String? = nil, scopes: [String]? = nil, networks: [String]? = nil, expiresAt: Int64?? = nil) {
        self.name = name
        self.scopes = scopes
        self.networks = networks
        self.expiresAt = expiresAt
    }
}

extension APIKeyTable {
    private static let columns = """
        k.id, k.name, k.prefix, k.scopes, k.networks, k.created_at, k.expires_at, k.last_used_at,
            (SELECT max(o.until) FROM api_key_old_secrets o WHERE o.key_id = k.id AND o.workspace_id = k.workspace_id AND o.until > now())
        """

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, before: APIKeyID?, limit: Int) async throws -> [APIKeyListing] {
        try await pool.query(
            """
            SELECT \(Self.columns) FROM api_keys k WHERE k.workspace_id = $1 AND k.id < $2 AND k.revoked_at IS NULL
            ORDER BY k.workspace_id DESC, k.id DESC LIMIT $3
            """, [.id(workspace.value), .id(before), .int64(Int64(limit))]
        ).map(Self.listing)
    }

    package func find(_ id: APIKeyID, workspace: WorkspaceID) async throws -> APIKeyListing? {
        try await pool.withConnection { try await Self.find(id, workspace: workspace, on: $0) }
    }

    /// - Parameter locks: for a change that depends on what is read.
    package static func find(_ id: APIKeyID, workspace: WorkspaceID, locks: Bool = false, on connection: PostgresConnection) async throws -> APIKeyListing? {
        try await connection.query(
            """
            SELECT \(columns) FROM api_keys k WHERE k.id = $1 AND k.workspace_id = $2 AND k.revoked_at IS NULL
            \(locks ? "FOR UPDATE OF k" : "")
            """, [.id(id.value), .id(workspace.value)]
        ).first.map(listing)
    }

    /// The key as it is then; nil when there is none.
    package static func change(
        _ id: APIKeyID, workspace: WorkspaceID, _ change: APIKeyChange, on connection: PostgresConnection
    ) async throws -> APIKeyListing? {
        _ = try await connection.query(
            """
            UPDATE api_keys SET name = coalesce($3, name), scopes = coalesce($4, scopes), networks = coalesce($5, networks),
                expires_at = CASE WHEN $6 THEN $7 ELSE expires_at END
            WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL
            """,
            [
                .id(id.value), .id(workspace.value), .optional(change.name), .optional(texts: change.scopes), .optional(texts: change.networks),
                .bool(change.expiresAt != nil), .optional(time: change.expiresAt ?? nil),
            ])
        return try await find(id, workspace: workspace, on: connection)
    }

    private static func listing(_ row: PostgresRow) throws -> APIKeyListing {
        APIKeyListing(
            id: APIKeyID(try row.id(0)), name: try row.text(1), prefix: try row.text(2), scopes: try row.texts(3), networks: try row.texts(4),
            createdAt: try row.timestamp(5), expiresAt: try row.optionalTimestamp(6), lastUsedAt: try row.optionalTimestamp(7),
            overlapEndsAt: try row.optionalTimestamp(8))
    }
}
