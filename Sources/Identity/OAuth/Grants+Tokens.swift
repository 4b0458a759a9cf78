package import Ledger
import Primitives

/// What becomes of tokens after they were given out (RFC 7009, RFC 7662).
extension Grants {
    /// What a client is told of a token that is good.
    package struct Introspection: Sendable, Equatable {
        package var scopes: Set<Scope>
        package var clientID: String
        /// A user's id; nil for a client that acts for itself.
        package var user: String?
        /// `Bearer`, `DPoP`, or `refresh_token`.
        package var type: String
        package var subject: String
        package var audience: String?
        package var id: String?
        /// Seconds since 1970.
        package var issuedAt: Int64
        package var expiresAt: Int64
        package var proofKey: String?
    }

    /// Ends the grant that the token belongs to, with every other token of it. A token of another client stays as it is, and nobody is told which it was.
    /// A hint would only say where to look first: the form of a text says what it is.
    package func revoke(token text: String, client: OAuthClientRow) async throws {
        guard let grant = try await grant(of: text, client: client) else { return }
        if try await table.revoke(grant, of: client.id, reason: "revoked_by_client") { await revocations.announce([grant.description]) }
    }

    /// Nil for every token that is not good, or not this client's to know.
    package func introspect(token text: String, client: OAuthClientRow) async throws -> Introspection? {
        if let refresh = OpaqueToken(text, .refresh) {
            guard let found = try await refreshTokens.findLive(refresh.hash), found.grant.client == client.id else { return nil }
            return Introspection(
                scopes: Set(names: found.grant.scopes), clientID: client.clientID, user: found.grant.user?.description,
                type: "refresh_token", subject: found.grant.user?.description ?? client.clientID, issuedAt: found.createdAt / 1_000_000,
                expiresAt: found.expiresAt / 1_000_000, proofKey: found.grant.proofKey)
        }
        guard let reading = try await accessTokens.read(text), reading.client == client.id else { return nil }
        var user: String?
        if case .user(let id, _) = reading.live.credential.principal { user = id.description }
        return Introspection(
            scopes: reading.live.credential.scopes, clientID: reading.clientID, user: user, type: reading.live.proofKey == nil ? "Bearer" : "DPoP",
            subject: reading.subject, audience: reading.audience, id: reading.id, issuedAt: reading.issuedAt, expiresAt: reading.expiresAt,
            proofKey: reading.live.proofKey)
    }

    private func grant(of text: String, client: OAuthClientRow) async throws -> GrantID? {
        if let refresh = OpaqueToken(text, .refresh) { return try await refreshTokens.grant(of: refresh.hash, client: client.id) }
        return try await accessTokens.grant(of: text, clientID: client.clientID)
    }
}
