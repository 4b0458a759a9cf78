import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// Programs that register themselves (RFC 7591) and look after their registration (RFC 7592). Only who has the installation's token may begin.
struct OAuthRegistrationRoutes: Sendable {
    static let path = "/api/oauth/register"

    let services: APIServices

    /// What a program that nobody has looked at may be given at most.
    private static let scopes = Scope.all.subtracting([.keysRead, .keysWrite, .clientsRead, .clientsWrite, .workspaceWrite, .fleet, .operator])
    /// What the server says of a registration, and the client never (RFC 7592 §2.2).
    private static let ours = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"]

    var all: [Route] {
        [
            Route(openly: .post, Self.path, OAuthClientOperations.register) { request, context in
                try await OAuthAnswer.answering(context) { try await register(request) }
            },
            Route(openly: .get, Self.path + "/{id}", OAuthClientOperations.registration) { request, context in
                try await OAuthAnswer.answering(context) {
                    let (client, token) = try await registered(request, context)
                    return OAuthAnswer.json(Self.json(client, issuer: services.oauth.issuer, registration: token))
                }
            },
            Route(openly: .put, Self.path + "/{id}", OAuthClientOperations.changeRegistration) { request, context in
                try await OAuthAnswer.answering(context) { try await change(request, context) }
            },
            Route(openly: .delete, Self.path + "/{id}", OAuthClientOperations.unregister) { request, context in
                try await OAuthAnswer.answering(context) {
                    let (client, _) = try await registered(request, context)
                    if try await services.oauth.clients.revoke(client.id, workspace: client.workspace) {
                        await services.revocations.announce([client.id.description])
                    }
                    return Response(status: .noContent)
                }
            },
        ]
    }

    private func register(_ request: Request) async throws -> Response {
        guard let expected = services.oauth.settings.registrationToken else { throw Problem.unknownRoute }
        guard let given = Self.bearer(request), OpaqueToken(known: given).matches(hash: OpaqueToken(known: expected.exposed).hash) else {
            throw Self.unauthorized
        }
        let metadata = try OAuthRegistration.read(try await body(request), mayHave: Self.scopes)
        guard let workspace = try await WorkspaceTable(pool: services.pool).first() else {
            throw Problem.unavailable("no_workspace", "There is no workspace yet.")
        }
        let id = services.ids.next(OAuthClient.self)
        let (secret, registration) = (metadata.newSecret, OpaqueToken.mint(.registration))
        let new = metadata.client(id, workspace: workspace.id, secret: secret, registration: registration)
        let row = try await services.pool.withConnection { try await OAuthClientTable.insert(new, on: $0) }
        return OAuthAnswer.json(
            Self.json(row, issuer: services.oauth.issuer, secret: secret, registration: registration), status: .created)
    }

    /// All of the metadata anew: what is left out is as if it had never been said. A client that proves itself by a secret as before keeps that.
    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let (client, token) = try await registered(request, context)
        let body = try await body(request)
        guard body["client_id"]?.string == client.clientID else { throw OAuthRefusal(.invalidClientMetadata, "client_id is not the one of the registration.") }
        guard Self.ours.allSatisfy({ body[$0] == nil }) else {
            throw OAuthRefusal(.invalidClientMetadata, "The metadata holds members that only we set: one of \(Self.ours.joined(separator: ", ")).")
        }
        if let given = body["client_secret"] {
            let isTheirs = given.string.flatMap { secret in client.secretHash.map { OpaqueToken(known: secret).matches(hash: $0) } } ?? false
            guard isTheirs else { throw OAuthRefusal(.invalidClientMetadata, "client_secret is not the one of the registration.") }
        }
        // What an operator took away, or the program gave up, does not come back by its own word.
        let metadata = try OAuthRegistration.read(body, mayHave: Self.scopes.intersection(client.scopes.compactMap { Scope(rawValue: $0) }))
        let keepsSecret = metadata.authMethod.hasSecret && ClientMetadata(client).authMethod.hasSecret
        let secret = keepsSecret ? nil : metadata.newSecret
        let new = metadata.client(client.id, workspace: client.workspace, clientID: client.clientID, secret: secret)
        guard let row = try await services.oauth.clients.replace(new, keepingSecret: keepsSecret) else { throw Self.unauthorized }
        // Its tokens may do less from now on.
        await services.revocations.announce([client.id.description])
        return OAuthAnswer.json(Self.json(row, issuer: services.oauth.issuer, secret: secret, registration: token))
    }

    private func body(_ request: Request) async throws -> RawJSON { try RawJSON.body(try await request.jsonBytes(upTo: BodyLimit.payload)) }

    /// The client whose registration token the request has. One answer for no client, another's token and none (RFC 7592 §2).
    private func registered(_ request: Request, _ context: APIContext) async throws -> (OAuthClientRow, OpaqueToken) {
        guard services.oauth.settings.registrationToken != nil else { throw Problem.unknownRoute }
        guard let token = Self.bearer(request).flatMap({ OpaqueToken($0, .registration) }), let id = context.parameters.get("id"),
            let client = try await services.oauth.clients.find(clientID: id), let hash = client.registrationHash, token.matches(hash: hash)
        else { throw Self.unauthorized }
        return (client, token)
    }

    private static let unauthorized = Problem(
        status: .unauthorized, code: "invalid_token", detail: "A registration token is needed, and this is none.",
        headers: [.wwwAuthenticate: "Bearer realm=\"voicera\", error=\"invalid_token\""])

    private static func bearer(_ request: Request) -> String? {
        let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    private static func json(_ row: OAuthClientRow, issuer: Issuer, secret: OpaqueToken? = nil, registration: OpaqueToken) -> JSON {
        let issuedAt = row.createdAt / 1_000_000
        var members: [(String, JSON)] = [("client_id", .string(row.clientID)), ("client_id_issued_at", .int(issuedAt))]
        if let secret { members += [("client_secret", .string(secret.exposed)), ("client_secret_expires_at", 0)] }
        let hasCode = row.grantTypes.contains(GrantType.authorizationCode.rawValue)
        members += [
            ("registration_access_token", .string(registration.exposed)),
            ("registration_client_uri", .string(issuer.url(of: "\(path)/\(row.clientID)"))), ("client_name", .string(row.name)),
            ("redirect_uris", .array(row.redirectURIs.map { .string($0) })), ("grant_types", .array(row.grantTypes.map { .string($0) })),
            ("response_types", hasCode ? ["code"] : []), ("token_endpoint_auth_method", .string(row.authMethod)),
            ("scope", .string(row.scopes.joined(separator: " "))),
        ]
        if let keys = row.keys { members.append(("jwks", .raw(keys))) }
        return .object(members)
    }
}
