package import Ledger
package import Primitives

/// Hands out authorization codes: one use, one minute, bound to all that the user saw and the client asked for.
package struct AuthorizationCodes: Sendable {
    private let table: AuthorizationCodeTable
    private let lifetime: Duration

    package init(table: AuthorizationCodeTable, lifetime: Duration = .seconds(60)) {
        self.table = table
        self.lifetime = lifetime
    }

    /// - Parameters:
    ///   - redirectURI: as the request had it, to the letter; nil when it was left out. The token request must name the same.
    ///   - challenge: of the method S256.
    ///   - scopes: what the user agreed to.
    ///   - proofKey: `dpop_jkt`: the thumbprint of the key that the token request has to prove.
    /// - Returns: the code, to be shown to the client once. It is stored, hashed, when this returns.
    package func issue(
        workspace: WorkspaceID, client: OAuthClientID, user: UserID, redirectURI: String?, challenge: String, scopes: Set<Scope>,
        proofKey: String? = nil
    ) async throws -> OpaqueToken {
        let code = OpaqueToken.mint(.code)
        try await table.insert(
            NewAuthorizationCode(
                hash: code.hash, workspace: workspace, client: client, user: user, redirectURI: redirectURI, challenge: challenge,
                scopes: scopes.names, proofKey: proofKey, lifetime: lifetime))
        return code
    }
}
