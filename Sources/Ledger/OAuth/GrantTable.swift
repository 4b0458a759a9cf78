package import Postgres
package import Primitives

package struct NewGrant: Sendable {
    package var id: GrantID
    package var workspace: WorkspaceID
    package var client: OAuthClientID
    /// Nil for a client that acts for itself.
    package var user: UserID?
    package var scopes: [String]
    package var proofKey: String?
    package var lifetime: Duration

    package init(
        id: GrantID, workspace: WorkspaceID, client: OAuthClientID, user: UserID? = nil, scopes: [String], proofKey: String? = nil, lifetime: Duration
    ) {
        self.id = id
        self.workspace = workspace
        self.client = client
        self.user = user
        self.scopes = scopes
        self.proofKey = proofKey
        self.lifetime = lifetime
    }
}

package struct GrantRow: Sendable, Equatable {
    package var id: GrantID
    package var workspace: WorkspaceID
    package var client: OAuthClientID
    package var user: UserID?
    package var scopes: [String]
    package var proofKey: String?
    /// Microseconds since 1970.
    package var expiresAt: Int64
    /// The ledger's time when it was read: tokens of it are dated by this, whatever a process' clock says.
    package var now: Int64
}

/// A grant that is in order, with what bounds it at this moment.
package struct LiveGrant: Sendable {
    package var grant: GrantRow
    /// As the client calls itself.
    package var clientID: String
    /// The client may have been given fewer since.
    package var clientScopes: [String]
    /// Of the user now, whatever it was when they agreed; nil for a grant to the client itself.
    package var role: UserRole?
}

/// Families of tokens.
package struct GrantTable: Sendable {
    static let columns = "g.id, g.workspace_id, g.client_id, g.user_id, g.scopes, g.proof_key, g.expires_at, now()"
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func insert(_ grant: NewGrant) async throws -> GrantRow {
        try await pool.withConnection { try await Self.insert(grant, on: $0) }
    }

    /// Nil when it is over, or its client is. Not scoped to a workspace: a signed token names the grant, and this is what tells the workspace.
    package func findLive(_ id: GrantID) async throws -> LiveGrant? {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns), c.client_id, c.scopes, u.role FROM oauth_grants g JOIN oauth_clients c ON c.id = g.client_id
            LEFT JOIN users u ON u.workspace_id = g.workspace_id AND u.id = g.user_id
            WHERE g.id = $1 AND g.revoked_at IS NULL AND g.expires_at > now() AND c.revoked_at IS NULL
            """, [.id(id.value)])
        return try rows.first.map { LiveGrant(grant: try Self.row($0), clientID: try $0.text(8), clientScopes: try $0.texts(9), role: try $0.optionalText(10).flatMap { UserRole(rawValue: $0) }) }
    }

    /// False when the client has no such grant, or it was revoked before.
    package func revoke(_ id: GrantID, of client: OAuthClientID, reason: String) async throws -> Bool {
        let rows = try await pool.query(
            """
            UPDATE oauth_grants SET revoked_at = now(), revoked_reason = $3 WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL
            """, [.id(id.value), .id(client.value), .text(reason)])
        return rows.affected == 1
    }

    /// All that a user let a client do, codes that were not presented yet among it.
    /// - Returns: those that were alive.
    package func revoke(user: UserID, client: OAuthClientID, workspace: WorkspaceID, reason: String) async throws -> [GrantID] {
        let rows = try await pool.query(
            """
            WITH codes AS (DELETE FROM oauth_codes WHERE user_id = $1 AND client_id = $2 AND workspace_id = $3 AND grant_id IS NULL)
            UPDATE oauth_grants SET revoked_at = now(), revoked_reason = $4
            WHERE user_id = $1 AND client_id = $2 AND workspace_id = $3 AND revoked_at IS NULL RETURNING id
            """, [.id(user.value), .id(client.value), .id(workspace.value), .text(reason)])
        return try rows.map { GrantID(try $0.id(0)) }
    }

    /// The same of every client.
    static func revokeAll(of user: UserID, workspace: WorkspaceID, reason: String, on connection: PostgresConnection) async throws -> [GrantID] {
        let rows = try await connection.query(
            """
            WITH codes AS (DELETE FROM oauth_codes WHERE user_id = $1 AND workspace_id = $2 AND grant_id IS NULL)
            UPDATE oauth_grants SET revoked_at = now(), revoked_reason = $3
            WHERE user_id = $1 AND workspace_id = $2 AND revoked_at IS NULL RETURNING id
            """, [.id(user.value), .id(workspace.value), .text(reason)])
        return try rows.map { GrantID(try $0.id(0)) }
    }

    static func insert(_ grant: NewGrant, on connection: PostgresConnection) async throws -> GrantRow {
        let rows = try await connection.query(
            """
            INSERT INTO oauth_grants AS g (id, workspace_id, client_id, user_id, scopes, proof_key, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 microsecond') RETURNING \(columns)
            """,
            [
                .id(grant.id.value), .id(grant.workspace.value), .id(grant.client.value), grant.user.map { .id($0.value) } ?? .null,
                .texts(grant.scopes), .optional(grant.proofKey), .int64(grant.lifetime.microseconds),
            ])
        return try row(rows[0])
    }

    static func revoke(_ id: GrantID, reason: String, on connection: PostgresConnection) async throws -> Bool {
        let rows = try await connection.query(
            "UPDATE oauth_grants SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL",
            [.id(id.value), .text(reason)])
        return rows.affected == 1
    }

    /// - Parameter first: the column at which `columns` begin.
    static func row(_ row: PostgresRow, from first: Int = 0) throws -> GrantRow {
        GrantRow(
            id: GrantID(try row.id(first)), workspace: WorkspaceID(try row.id(first + 1)), client: OAuthClientID(try row.id(first + 2)),
            user: try row.optionalID(first + 3).map { UserID($0) }, scopes: try row.texts(first + 4), proofKey: try row.optionalText(first + 5),
            expiresAt: try row.timestamp(first + 6), now: try row.timestamp(first + 7))
    }
}
