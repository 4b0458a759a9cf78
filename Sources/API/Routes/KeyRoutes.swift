import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// A workspace's API keys. Their secrets are in two answers and nowhere else: of the one that makes a key, and of the one that rotates it.
struct KeyRoutes: Sendable {
    let services: APIServices

    private static let list = "keys"

    var all: [Route] {
        [
            Route(.get, "/api/keys", KeyOperations.list, .keysRead, handler: index),
            Route(.post, "/api/keys", KeyOperations.create, .keysWrite, handler: create),
            Route(.get, "/api/keys/{id}", KeyOperations.show, .keysRead, handler: show),
            Route(.patch, "/api/keys/{id}", KeyOperations.change, .keysWrite, handler: change),
            Route(.delete, "/api/keys/{id}", KeyOperations.revoke, .keysWrite, handler: revoke),
            Route(.post, "/api/keys/{id}/rotate", KeyOperations.rotate, .keysWrite, handler: rotate),
            Route(.post, "/api/keys/{id}/end-overlap", KeyOperations.endOverlap, .keysWrite, handler: endOverlap),
        ]
    }

    private var table: APIKeyTable { APIKeyTable(pool: services.pool) }
    private var issuer: KeyIssuer { KeyIssuer(keys: table, ids: services.ids) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: APIKeyID.self))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: KeyJSON.listing)
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(APIKeyID.self), let found = try await table.find(id, workspace: call.workspace) else { throw Self.unknown }
        return Response(.ok, KeyJSON.listing(found))
    }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let wish = try KeyWish(json, isNew: true)
        return try await OnceOnly(services: services).run(claim, hasSecret: true) { connection in
            let bounds = try await KeyBounds(call, on: connection)
            try bounds.check(scopes: wish.scopes, networks: wish.networks ?? [], expiresAt: .some(wish.expiresAt ?? nil))
            let issued = try await issuer.issue(
                name: wish.name ?? "", workspace: call.workspace, scopes: wish.scopes ?? [], expiresAt: wish.expiresAt ?? nil,
                networks: wish.networks ?? [], on: connection)
            return try await answer(.created, issued, call, "keys.create", on: connection)
        }
    }

    private func change(_ call: Call) async throws -> Response {
        guard let id = call.id(APIKeyID.self) else { throw Self.unknown }
        let wish = try KeyWish(try await call.body().json, isNew: false)
        let change = APIKeyChange(
            name: wish.name, scopes: wish.scopes?.names, networks: wish.networks?.map(\.description), expiresAt: wish.expiresAt)
        let changed = try await services.pool.withTransaction { connection in
            let before = try await locked(id, call, on: connection)
            let bounds = try await KeyBounds(call, on: connection)
            try bounds.check(scopes: wish.scopes, networks: wish.networks, expiresAt: wish.expiresAt)
            try bounds.check(before)
            guard let changed = try await APIKeyTable.change(id, workspace: call.workspace, change, on: connection) else { throw Self.unknown }
            try await record("keys.change", id, call, on: connection)
            return changed
        }
        await services.revocations.announce([id.description])
        return Response(.ok, KeyJSON.listing(changed))
    }

    /// Whoever may write keys may end any of them: a leaked one must not live on because its finder has fewer scopes.
    private func revoke(_ call: Call) async throws -> Response {
        guard let id = call.id(APIKeyID.self) else { throw Self.unknown }
        try await services.pool.withTransaction { connection in
            guard try await APIKeyTable.revoke(id, workspace: call.workspace, on: connection) else { throw Self.unknown }
            try await record("keys.revoke", id, call, on: connection)
        }
        await services.revocations.announce([id.description])
        return Response(status: .noContent)
    }

    /// Shows a secret, so that it gives no more than the caller has, as a new key does.
    private func rotate(_ call: Call) async throws -> Response {
        guard let id = call.id(APIKeyID.self) else { throw Self.unknown }
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: ["overlapSeconds"])
        let overlap = fields.integer("overlapSeconds", in: KeyOperations.overlapSeconds)
        try fields.finish()
        let answer = try await OnceOnly(services: services).run(claim, hasSecret: true) { connection in
            let key = try await locked(id, call, on: connection)
            try await KeyBounds(call, on: connection).check(key, showsSecret: true)
            let issued = try await KeyIssuer.rotate(
                id, workspace: call.workspace, overlap: overlap.map { .seconds($0) } ?? KeyIssuer.usualOverlap, on: connection)
            guard let issued else { throw Self.unknown }
            return try await self.answer(.ok, issued, call, "keys.rotate", on: connection)
        }
        await services.revocations.announce([id.description])
        return answer
    }

    private func endOverlap(_ call: Call) async throws -> Response {
        guard let id = call.id(APIKeyID.self) else { throw Self.unknown }
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: [])
        try fields.finish()
        let answer = try await OnceOnly(services: services).run(claim) { connection in
            _ = try await locked(id, call, on: connection)
            _ = try await APIKeyTable.endOverlap(id, workspace: call.workspace, on: connection)
            try await record("keys.end_overlap", id, call, on: connection)
            return OnceOnly.Answer(.ok, KeyJSON.listing(try await locked(id, call, on: connection)))
        }
        await services.revocations.announce([id.description])
        return answer
    }

    private func answer(
        _ status: HTTPResponse.Status, _ issued: KeyIssuer.Issued, _ call: Call, _ action: String, on connection: PostgresConnection
    ) async throws -> OnceOnly.Answer {
        try await record(action, issued.id, call, on: connection)
        let row = try await locked(issued.id, call, on: connection)
        return OnceOnly.Answer(status, KeyJSON.secret(issued.secret, of: row), location: status == .created ? "/api/keys/\(issued.id)" : nil)
    }

    private func locked(_ id: APIKeyID, _ call: Call, on connection: PostgresConnection) async throws -> APIKeyListing {
        guard let found = try await APIKeyTable.find(id, workspace: call.workspace, locks: true, on: connection) else { throw Self.unknown }
        return found
    }

    private func record(_ action: String, _ id: APIKeyID, _ call: Call, on connection: PostgresConnection) async throws {
        try await OperatorActionTable.record(
            workspace: call.workspace, actor: call.actor, action: action, detail: JSON.object([("key", .text(id))]).text, on: connection)
    }

    private static let unknown = Problem.notFound("API key")
}
