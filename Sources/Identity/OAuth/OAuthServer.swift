package import Ledger
package import Postgres
package import Primitives
package import Redis

/// The OAuth 2.0 server without its HTTP.
package struct OAuthServer: Sendable {
    package let issuer: Issuer
    package let settings: OAuthSettings
    package let clients: OAuthClientTable
    package let authenticator: ClientAuthenticator
    package let proofs: ProofJudge
    package let codes: AuthorizationCodes
    package let grants: Grants
    package let accessTokens: AccessTokens
    package let signingKeys: SigningKeys

    package init(
        pool: PostgresPool, redis: RedisClient, sealer: Sealer, revocations: Revocations, issuer: Issuer, settings: OAuthSettings = OAuthSettings(),
        ids: IdentifierSource = .system
    ) {
        self.issuer = issuer
        self.settings = settings
        clients = OAuthClientTable(pool: pool)
        let uses = FirstUses(redis: redis)
        authenticator = ClientAuthenticator(table: clients, issuer: issuer, uses: uses)
        proofs = ProofJudge(issuer: issuer, uses: uses, nonces: settings.requiresNonces ? ProofNonces(sealer: sealer) : nil)
        let codeTable = AuthorizationCodeTable(pool: pool)
        codes = AuthorizationCodes(table: codeTable, lifetime: settings.codes)
        signingKeys = SigningKeys(table: SigningKeyTable(pool: pool), sealer: sealer, sharedSecret: settings.sharedSecret)
        let grantTable = GrantTable(pool: pool)
        accessTokens = AccessTokens(keys: signingKeys, grants: grantTable, issuer: issuer, ids: ids)
        grants = Grants(
            codes: codeTable, refreshTokens: RefreshTokenTable(pool: pool), table: grantTable, accessTokens: accessTokens, revocations: revocations,
            settings: settings, ids: ids)
    }
}
