package import Postgres
package import Primitives

package struct NewAuthorizationCode: Sendable {
    package var hash: [UInt8]
    package var workspace: WorkspaceID
    package var client: OAuthClientID
    package var user: UserID
    /// Nil when the request left it out.
    package var redirectURI: String?
    package var challenge: String
    package var scopes: [String]
    package var proofKey: String?
    package var lifetime: Duration

    package init(
        hash: [UInt8], workspace: WorkspaceID, client: OAuthClientID, user: UserID, redirectURI: String?, challenge: String, scopes: [String],
        proofKey: String?, lifetime: Duration
    ) {
        self.hash = hash
        self.workspace = workspace
        self.client = client
        self.user = user
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.scopes = scopes
        self.proofKey = proofKey
        self.lifetime = lifetime
    }
}

/// What a code is bound to.
package struct AuthorizationCodeRow: Sendable {
    package var workspace: WorkspaceID
    package var user: UserID
    package var redirectURI: String?
    package var challenge: String
    package var scopes: [String]
    package var proofKey: String?
}

/// How the presentation of a code ended.
package enum CodeRedemption: Sendable {
    case granted(GrantRow)
    /// It was used before: what came of it has just been revoked.
    case replayed(GrantID)
    /// Never issued, expired, or another client's.
    case unknown
}

package struct AuthorizationCodeTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func insert(_ code: NewAuthorizationCode) async throws {
        try await pool.query(
            """
            INSERT INTO oauth_codes (hash, workspace_id, client_id, user_id, redirect_uri, challenge, scopes, proof_key, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9 * interval '1 microsecond')
            """,
            [
                .bytes(code.hash), .id(code.workspace.value), .id(code.client.value), .id(code.user.value), .optional(code.redirectURI),
                .text(code.challenge), .texts(code.scopes), .optional(code.proofKey), .int64(code.lifetime.microseconds),
            ])
    }

    /// Turns a code into a grant, once.
    /// - Parameters:
    ///   - grant: what to make; its user and scopes come from the code.
    ///   - refreshHash: of the first refresh token; nil for a client that gets none.
    ///   - accept: refuses by throwing, which leaves the code as it was; what it returns is the key that each refresh has to prove, if any.
    package func redeem(
        _ hash: [UInt8], by client: OAuthClientID, grant: GrantID, lifetime: Duration, refreshHash: [UInt8]?, idle: Duration,
        accept: @Sendable (AuthorizationCodeRow) throws -> String?
    ) async throws -> CodeRedemption {
        try await pool.withTransaction { connection in
            let found = try await connection.query(
                """
                SELECT workspace_id, user_id, redirect_uri, challenge, scopes, proof_key, grant_id, expires_at > now() FROM oauth_codes
                WHERE hash = $1 AND client_id = $2 FOR UPDATE
                """, [.bytes(hash), .id(client.value)])
            guard let row = found.first else { return .unknown }
            let code = AuthorizationCodeRow(
                workspace: WorkspaceID(try row.id(0)), user: UserID(try row.id(1)), redirectURI: try row.optionalText(2), challenge: try row.text(3),
                scopes: try row.texts(4), proofKey: try row.optionalText(5))
            if let used = try row.optionalID(6).map({ GrantID($0) }) {
                _ = try await GrantTable.revoke(used, reason: "code_replayed", on: connection)
                return .replayed(used)
            }
            guard try row.bool(7) else { return .unknown }
            let new = NewGrant(
                id: grant, workspace: code.workspace, client: client, user: code.user, scopes: code.scopes, proofKey: try accept(code),
                lifetime: lifetime)
            let made = try await GrantTable.insert(new, on: connection)
            _ = try await connection.query("UPDATE oauth_codes SET grant_id = $2 WHERE hash = $1", [.bytes(hash), .id(grant.value)])
            if let refreshHash { try await RefreshTokenTable.insert(refreshHash, of: made, idle: idle, on: connection) }
            return .granted(made)
        }
    }
}
