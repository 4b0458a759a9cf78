import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// The programs that a workspace lets ask for tokens. Nobody gives a program more than they may do themselves, and nobody takes over one that may more.
struct OAuthClientRoutes: Sendable {
    let services: APIServices

    private static let list = "oauth-clients"
    static let longestOverlap: Int64 = 7 * 86_400

    var all: [Route] {
        [
            Route(.post, "/api/oauth/clients", OAuthClientOperations.create, .clientsWrite, handler: create),
            Route(.get, "/api/oauth/clients", OAuthClientOperations.list, .clientsRead, handler: index),
            Route(.get, "/api/oauth/clients/{id}", OAuthClientOperations.show, .clientsRead, handler: show),
            Route(.patch, "/api/oauth/clients/{id}", OAuthClientOperations.change, .clientsWrite, handler: change),
            Route(.delete, "/api/oauth/clients/{id}", OAuthClientOperations.delete, .clientsWrite, handler: delete),
            Route(.post, "/api/oauth/clients/{id}/rotate-secret", OAuthClientOperations.rotate, .clientsWrite, handler: rotate),
        ]
    }

    private var table: OAuthClientTable { services.oauth.clients }

    private func create(_ call: Call) async throws -> Response {
        let (body, claim) = try await call.body()
        var fields = Fields(body)
        fields.allow(only: ["name", "grantTypes", "redirectUris", "scopes", "tokenEndpointAuthMethod", "jwks"])
        let read = OAuthClientFields(&fields, required: true)
        let metadata = ClientMetadata(
            name: read.name ?? "", authMethod: read.authMethod ?? .basic, grantTypes: read.grantTypes ?? [], redirectURIs: read.redirectURIs ?? [],
            scopes: read.scopes ?? [], keys: read.keys)
        if fields.faults.isEmpty { fields.add(metadata.faults) }
        try fields.finish()
        try Self.check(metadata.scopes, for: call)
        try Self.checkPlace(of: call)
        try await checkEnd(of: call)

        let id = services.ids.next(OAuthClient.self)
        let secret = metadata.newSecret
        return try await OnceOnly(services: services).run(claim, hasSecret: secret != nil) { connection in
            let row = try await OAuthClientTable.insert(metadata.client(id, workspace: call.workspace, secret: secret), on: connection)
            return OnceOnly.Answer(.created, Self.json(row, secret: secret), location: "/api/oauth/clients/\(id)")
        }
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: OAuthClientID.self))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: { Self.json($0) })
    }

    private func show(_ call: Call) async throws -> Response { Response(.ok, Self.json(try await found(call))) }

    private func change(_ call: Call) async throws -> Response {
        let (body, _) = try await call.body()
        var fields = Fields(body)
        fields.allow(only: ["name", "grantTypes", "redirectUris", "scopes", "jwks"])
        let read = OAuthClientFields(&fields, required: false)
        try fields.finish()
        guard let id = call.id(OAuthClientID.self) else { throw Problem.notFound("OAuth client") }
        try Self.checkPlace(of: call)
        try await checkEnd(of: call)
        let change = OAuthClientTable.Change(
            name: read.name, grantTypes: read.grantTypes.map { types in GrantType.allCases.filter(types.contains).map(\.rawValue) },
            redirectURIs: read.redirectURIs, scopes: read.scopes?.names, keys: read.keys?.text)
        let changed = try await table.change(id, workspace: call.workspace, change) { before, after in
            try Self.check(ClientMetadata(before).scopes.union(ClientMetadata(after).scopes), for: call)
            var fields = Fields(body)
            fields.add(ClientMetadata(after).faults)
            try fields.finish()
        }
        guard let changed else { throw Problem.notFound("OAuth client") }
        // Its tokens may do less from now on.
        if read.scopes != nil { await services.revocations.announce([id.description]) }
        return Response(.ok, Self.json(changed))
    }

    /// Ends everything that the client was granted, at once.
    private func delete(_ call: Call) async throws -> Response {
        guard let id = call.id(OAuthClientID.self), try await table.revoke(id, workspace: call.workspace) else {
            throw Problem.notFound("OAuth client")
        }
        await services.revocations.announce([id.description])
        return Response(status: .noContent)
    }

    private func rotate(_ call: Call) async throws -> Response {
        let (body, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(body)
        fields.allow(only: ["overlapSeconds"])
        let overlap = fields.integer("overlapSeconds", in: 0...Self.longestOverlap).map { Duration.seconds($0) } ?? services.oauth.settings.secretOverlap
        try fields.finish()
        guard let id = call.id(OAuthClientID.self) else { throw Problem.notFound("OAuth client") }
        try Self.checkPlace(of: call)
        try await checkEnd(of: call)
        let secret = OpaqueToken.mint(.clientSecret)
        return try await OnceOnly(services: services).run(claim, hasSecret: true) { connection in
            guard let client = try await OAuthClientTable.lock(id, workspace: call.workspace, on: connection) else {
                throw Problem.notFound("OAuth client")
            }
            try Self.check(ClientMetadata(client).scopes, for: call)
            guard ClientMetadata(client).authMethod.hasSecret else { throw Problem(status: .conflict, code: "public_client", detail: "The client has no secret.") }
            let row = try await OAuthClientTable.rotate(
                id, workspace: call.workspace, secretHash: secret.hash, overlap: overlap, on: connection)
            guard let row else { throw Problem.notFound("OAuth client") }
            return OnceOnly.Answer(.ok, Self.json(row, secret: secret))
        }
    }

    private func found(_ call: Call) async throws -> OAuthClientRow {
        guard let id = call.id(OAuthClientID.self), let row = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("OAuth client")
        }
        return row
    }

    /// A client's tokens are good everywhere: who is held to networks would leave them by one.
    private static func checkPlace(of call: Call) throws(Problem) {
        guard call.networks.isEmpty else { throw .beyondCaller([.body("", "a client may be used from where you may not")]) }
    }

    /// Nor does a client end with the key that made it: a key that ends would go on by one (decision 58).
    private func checkEnd(of call: Call) async throws {
        let end = try await services.pool.withConnection { try await KeyBounds(call, on: $0).end }
        guard end == nil else { throw Problem.beyondCaller([.body("", "a client does not end with your key, which ends")]) }
    }

    private static func check(_ scopes: Set<Scope>, for call: Call) throws(Problem) {
        let beyond = scopes.subtracting(call.credential.scopes)
        guard beyond.isEmpty else {
            throw Problem(
                status: .forbidden, code: "scope_beyond_own",
                detail: "The client has or would have scopes that the caller has not: \(beyond.names.joined(separator: ", ")).")
        }
    }

    static func json(_ row: OAuthClientRow, secret: OpaqueToken? = nil) -> JSON {
        var members: [(String, JSON)] = [("id", .text(row.id)), ("clientId", .string(row.clientID))]
        if let secret { members.append(("clientSecret", .string(secret.exposed))) }
        members += [
            ("name", .string(row.name)), ("grantTypes", .array(row.grantTypes.map { .string($0) })),
            ("redirectUris", .array(row.redirectURIs.map { .string($0) })), ("scopes", .array(row.scopes.map { .string($0) })),
            ("tokenEndpointAuthMethod", .string(row.authMethod)), ("jwks", row.keys.map { .raw($0) } ?? .null),
            ("previousSecretUntil", .optional(time: row.oldSecretHash == nil ? nil : row.oldSecretUntil)), ("createdAt", .time(row.createdAt)),
            ("updatedAt", .time(row.updatedAt)),
        ]
        return .object(members)
    }
}
