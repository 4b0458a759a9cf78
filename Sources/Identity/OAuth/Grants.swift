package import Ledger
package import Primitives

/// Turns codes, refresh tokens and clients' own word into tokens.
package struct Grants: Sendable {
    package struct Issued: Sendable {
        package var accessToken: Redacted<String>
        /// Seconds.
        package var expiresIn: Int64
        package var scopes: Set<Scope>
        package var refreshToken: Redacted<String>?
        /// Whether its user has to prove a key with it (DPoP).
        package var isBound: Bool
    }

    let codes: AuthorizationCodeTable
    let refreshTokens: RefreshTokenTable
    let table: GrantTable
    let accessTokens: AccessTokens
    let revocations: Revocations
    let settings: OAuthSettings
    let ids: IdentifierSource

    package init(
        codes: AuthorizationCodeTable, refreshTokens: RefreshTokenTable, table: GrantTable, accessTokens: AccessTokens, revocations: Revocations,
        settings: OAuthSettings, ids: IdentifierSource = .system
    ) {
        self.codes = codes
        self.refreshTokens = refreshTokens
        self.table = table
        self.accessTokens = accessTokens
        self.revocations = revocations
        self.settings = settings
        self.ids = ids
    }

    /// - Parameter proofKey: thumbprint of the key that the request proved.
    package func redeem(
        code text: String, redirectURI: String?, verifier: Redacted<String>?, client: OAuthClientRow, proofKey: String?
    ) async throws -> Issued {
        try Self.require(.authorizationCode, of: client)
        guard let verifier else { throw OAuthRefusal(.invalidRequest, "code_verifier is missing.") }
        guard PKCE.isVerifier(verifier.exposed) else { throw OAuthRefusal(.invalidRequest, "code_verifier has 43 to 128 letters, digits, or - . _ ~") }
        guard let code = OpaqueToken(text, .code) else { throw OAuthRefusal.notGood }
        let refresh = client.grantTypes.contains(GrantType.refreshToken.rawValue) ? OpaqueToken.mint(.refresh) : nil
        let redemption = try await codes.redeem(
            code.hash, by: client.id, grant: ids.next(Grant.self), lifetime: refresh == nil ? settings.accessTokens : settings.grants,
            refreshHash: refresh?.hash, idle: settings.refreshIdle
        ) { row in
            guard row.redirectURI == redirectURI else { throw OAuthRefusal(.invalidGrant, "redirect_uri is not the one of the authorization request.") }
            guard PKCE(stored: row.challenge).isAnswered(by: verifier) else { throw OAuthRefusal(.invalidGrant, "code_verifier does not answer the challenge.") }
            guard row.proofKey == nil || row.proofKey == proofKey else { throw OAuthRefusal(.invalidProof, "The code is bound to another key.") }
            return client.isPublic ? proofKey : nil
        }
        switch redemption {
        case .granted(let grant):
            return try await issued(grant, client, scopes: Set(names: grant.scopes), refresh: refresh, proofKey: proofKey)
        case .replayed(let grant):
            await revocations.announce([grant.description])
            throw OAuthRefusal.notGood
        case .unknown: throw OAuthRefusal.notGood
        }
    }

    /// Without a refresh token: the client can always ask again.
    package func clientCredentials(scope: String?, client: OAuthClientRow, proofKey: String?) async throws -> Issued {
        try Self.require(.clientCredentials, of: client)
        let scopes = try Self.scopes(scope, within: Set(names: client.scopes))
        let grant = try await table.insert(
            NewGrant(
                id: ids.next(), workspace: client.workspace, client: client.id, scopes: scopes.names,
                lifetime: settings.accessTokens + .seconds(1)))
        return try await issued(grant, client, scopes: scopes, refresh: nil, proofKey: proofKey)
    }

    /// - Parameter underWay: for how long the request has been here.
    package func refresh(
        _ text: String, scope: String?, client: OAuthClientRow, proofKey: String?, underWay: Duration
    ) async throws -> Issued {
        try Self.require(.refreshToken, of: client)
        guard let used = OpaqueToken(text, .refresh) else { throw OAuthRefusal.notGood }
        let fresh = OpaqueToken.mint(.refresh)
        let rotation = try await refreshTokens.rotate(
            used.hash, of: client.id,
            to: .init(hash: fresh.hash, sealed: try RefreshSuccessor.seal(fresh, under: used), idle: settings.refreshIdle),
            grace: client.isPublic ? .none : .init(time: settings.grace, repeats: settings.graceRepeats), underWay: underWay
        ) { grant in
            guard grant.proofKey == nil || grant.proofKey == proofKey else { throw OAuthRefusal(.invalidProof, "The token is bound to another key.") }
            _ = try Self.scopes(scope, within: Set(names: grant.scopes))
        }
        let (grant, successor): (GrantRow, OpaqueToken)
        switch rotation {
        case .rotated(let row): (grant, successor) = (row, fresh)
        case .repeated(let row, let sealed):
            guard let again = RefreshSuccessor.open(sealed, with: used) else { throw OAuthRefusal.notGood }
            (grant, successor) = (row, again)
        case .reused(let id):
            await revocations.announce([id.description])
            throw OAuthRefusal.notGood
        case .lostRace, .unknown: throw OAuthRefusal.notGood
        }
        let scopes = try Self.scopes(scope, within: Set(names: grant.scopes))
        return try await issued(grant, client, scopes: scopes, refresh: successor, proofKey: proofKey)
    }

    private func issued(
        _ grant: GrantRow, _ client: OAuthClientRow, scopes: Set<Scope>, refresh: OpaqueToken?, proofKey: String?
    ) async throws -> Issued {
        let (token, seconds) = try await accessTokens.sign(
            grant, clientID: client.clientID, scopes: scopes, lifetime: settings.accessTokens, proofKey: proofKey)
        return Issued(
            accessToken: token, expiresIn: seconds, scopes: scopes, refreshToken: refresh.map { Redacted($0.exposed) }, isBound: proofKey != nil)
    }

    /// All that there is when none is named; never more.
    package static func scopes(_ text: String?, within allowed: Set<Scope>) throws(OAuthRefusal) -> Set<Scope> {
        guard let text else { return allowed }
        let names = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        let asked = Set(names: names)
        guard !names.isEmpty, names.allSatisfy({ Scope(rawValue: $0) != nil }), asked.isSubset(of: allowed) else {
            throw OAuthRefusal(.invalidScope, "A scope is unknown, or more than was granted.")
        }
        return asked
    }

    private static func require(_ type: GrantType, of client: OAuthClientRow) throws(OAuthRefusal) {
        guard client.grantTypes.contains(type.rawValue) else {
            throw OAuthRefusal(.unauthorizedClient, "The client may not use the grant \(type.rawValue).")
        }
    }
}

/// The ways to a token.
package enum GrantType: String, Sendable, CaseIterable {
    case authorizationCode = "authorization_code"
    case clientCredentials = "client_credentials"
    case refreshToken = "refresh_token"
}
