import HTTPTypes
import Hummingbird
import Identity
import Primitives

/// Where clients get tokens, give them back, and ask what one is worth.
struct OAuthTokenRoutes: Sendable {
    static let tokenPath = "/api/oauth/token"
    static let revocationPath = "/api/oauth/revoke"
    static let introspectionPath = "/api/oauth/introspect"

    let services: APIServices

    private var server: OAuthServer { services.oauth }

    var all: [Route] {
        [
            Route(openly: .post, Self.tokenPath, OAuthOperations.token) { request, context in
                try await OAuthAnswer.answering(context) { try await token(request, context) }
            },
            Route(openly: .post, Self.revocationPath, OAuthOperations.revoke) { request, context in
                try await OAuthAnswer.answering(context) { try await revoke(request, context) }
            },
            Route(openly: .post, Self.introspectionPath, OAuthOperations.introspect) { request, context in
                try await OAuthAnswer.answering(context) { try await introspect(request, context) }
            },
        ]
    }

    private func token(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await OAuthForm(request)
        let arrived = ContinuousClock.now
        let client = try await form.client(server, context)
        let type = try form.required("grant_type")
        let proof = OAuthProof(judge: server.proofs)
        let proofKey = try await proof.key(request)
        let issued: Grants.Issued
        switch GrantType(rawValue: type) {
        case .authorizationCode:
            issued = try await server.grants.redeem(
                code: try form.required("code"), redirectURI: form.fields["redirect_uri"], verifier: form.fields["code_verifier"].map { Redacted($0) },
                client: client, proofKey: proofKey)
        case .clientCredentials:
            issued = try await server.grants.clientCredentials(scope: form.fields["scope"], client: client, proofKey: proofKey)
        case .refreshToken:
            issued = try await server.grants.refresh(
                try form.required("refresh_token"), scope: form.fields["scope"], client: client, proofKey: proofKey, underWay: .now - arrived)
        case nil: throw OAuthRefusal(.unsupportedGrantType, "There are \(GrantType.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        var members: [(String, JSON)] = [
            ("access_token", .string(issued.accessToken.exposed)), ("token_type", issued.isBound ? "DPoP" : "Bearer"),
            ("expires_in", .int(issued.expiresIn)), ("scope", .string(issued.scopes.text)),
        ]
        if let refresh = issued.refreshToken { members.append(("refresh_token", .string(refresh.exposed))) }
        // A client without a secret has proved who it is by now: it had a code or a token that only it was given.
        form.note(client, context)
        return proof.answer(OAuthAnswer.json(.object(members)), to: proofKey)
    }

    /// 200 whether or not there was anything to end: a client that asks twice has what it wants.
    private func revoke(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await OAuthForm(request)
        let client = try await form.client(server, context)
        try await server.grants.revoke(token: try form.required("token"), client: client)
        return OAuthAnswer.json([:])
    }

    private func introspect(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = try await OAuthForm(request)
        let client = try await form.client(server, context, provingIt: true)
        guard let found = try await server.grants.introspect(token: try form.required("token"), client: client) else {
            return OAuthAnswer.json(["active": false])
        }
        var members: [(String, JSON)] = [
            ("active", true), ("scope", .string(found.scopes.text)), ("client_id", .string(found.clientID)), ("token_type", .string(found.type)),
            ("exp", .int(found.expiresAt)), ("iat", .int(found.issuedAt)), ("nbf", .int(found.issuedAt)), ("sub", .string(found.subject)),
            ("iss", .string(server.issuer.url)),
        ]
        if let user = found.user { members.append(("username", .string(user))) }
        if let audience = found.audience { members.append(("aud", .string(audience))) }
        if let id = found.id { members.append(("jti", .string(id))) }
        if let key = found.proofKey { members.append(("cnf", ["jkt": .string(key)])) }
        return OAuthAnswer.json(.object(members))
    }
}
