package import Ledger
package import Primitives

/// Signs access tokens, and knows those of ours that are good.
package struct AccessTokens: Sendable {
    /// A token as a look into it shows it.
    package struct Reading: Sendable, Equatable {
        package var live: KnownCredential
        package var grant: GrantID
        package var client: OAuthClientID
        package var clientID: String
        package var subject: String
        package var audience: String
        package var id: String
        /// Seconds since 1970.
        package var issuedAt: Int64
        package var expiresAt: Int64
    }

    private let keys: SigningKeys
    private let grants: GrantTable
    private let issuer: Issuer
    private let ids: IdentifierSource

    package init(keys: SigningKeys, grants: GrantTable, issuer: Issuer, ids: IdentifierSource = .system) {
        self.keys = keys
        self.grants = grants
        self.issuer = issuer
        self.ids = ids
    }

    /// - Parameters:
    ///   - lifetime: cut to what is left of the grant.
    ///   - proofKey: thumbprint of the key that its user has to prove; nil for a bearer token.
    /// - Returns: the token, and for how many seconds it is good.
    package func sign(
        _ grant: GrantRow, clientID: String, scopes: Set<Scope>, lifetime: Duration, proofKey: String?
    ) async throws -> (token: Redacted<String>, seconds: Int64) {
        let issuedAt = grant.now / 1_000_000
        let expiresAt = min(grant.now + lifetime.microseconds, grant.expiresAt) / 1_000_000
        let claims = AccessTokenClaims(
            iss: issuer.url, aud: issuer.url, sub: grant.user?.description ?? clientID, client_id: clientID, iat: issuedAt, exp: expiresAt,
            jti: ids.next().description, scope: scopes.text, ws: grant.workspace.description, grant: grant.id.description,
            cnf: proofKey.map { .init(jkt: $0) })
        return (Redacted(try await keys.sign(claims)), max(0, expiresAt - issuedAt))
    }

    /// Who a token speaks for. Nil for one that is not ours, expired, or of a grant or a client that is over. One read of the ledger.
    package func verify(_ text: String) async throws -> KnownCredential? { try await read(text)?.live }

    package func read(_ text: String) async throws -> Reading? {
        guard let claims = try await signed(text), let id = GrantID(claims.grant), let live = try await grants.findLive(id) else { return nil }
        let grant = live.grant
        // The ledger's clock dated the token and judges it: a process whose own is wrong neither keeps one alive nor ends it early.
        let left = claims.exp * 1_000_000 - grant.now
        guard left > 0 else { return nil }
        // The signature vouches for all of these; a grant that says otherwise is another installation's, restored under the same keys.
        guard grant.workspace.description == claims.ws, live.clientID == claims.client_id, claims.sub == grant.user?.description ?? live.clientID else {
            return nil
        }
        var scopes = Set(scopesIn: claims.scope).intersection(Set(names: grant.scopes))
        // A person has given what they had then; what they no longer may, their programs may not either.
        if grant.user != nil { scopes.formIntersection(live.role?.grantable ?? []) }
        let principal: Credential.Principal = grant.user.map { .user($0, by: grant.client) } ?? .client(grant.client)
        var subjects: Set<String> = [grant.id.description, grant.client.description, grant.workspace.description]
        if let user = grant.user { subjects.insert(user.description) }
        let known = KnownCredential(
            credential: Credential(
                workspace: grant.workspace, principal: principal,
                scopes: scopes.intersection(Set(names: live.clientScopes))),
            expiresAt: WallClock.now + left, proofKey: claims.cnf?.jkt, subjects: subjects)
        return Reading(
            live: known, grant: grant.id, client: grant.client, clientID: claims.client_id, subject: claims.sub, audience: claims.aud, id: claims.jti,
            issuedAt: claims.iat, expiresAt: claims.exp)
    }

    /// The grant that a token of this client belongs to, expired or not.
    package func grant(of text: String, clientID: String) async throws -> GrantID? {
        guard let claims = try await signed(text), claims.client_id == clientID else { return nil }
        return GrantID(claims.grant)
    }

    private func signed(_ text: String) async throws -> AccessTokenClaims? {
        guard let header = TokenHeader(of: text), header.type == KeyRing.type, let claims = try await keys.verify(text, header) else { return nil }
        return claims.iss == issuer.url && claims.aud == issuer.url ? claims : nil
    }
}
