import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Postgres
import Primitives

/// Users: those who learn, and those who work on the workspace.
struct UserRoutes: Sendable {
    let services: APIServices

    private static let list = "users"

    var all: [Route] {
        [
            Route(.get, "/api/users", UserOperations.list, .usersRead, handler: index),
            Route(.post, "/api/users", UserOperations.create, .usersWrite, handler: create),
            Route(.get, "/api/users/{id}", UserOperations.show, .usersRead, handler: show),
            Route(.patch, "/api/users/{id}", UserOperations.change, .usersWrite, handler: change),
            Route(.delete, "/api/users/{id}", UserOperations.delete, .usersWrite, handler: delete),
        ]
    }

    private var table: UserTable { UserTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: UserID.self))
        let filter = UserTable.Filter(
            email: query.text("email"), role: query.choice("role", of: UserRole.self), externalID: query.text("externalId"),
            words: query.words(workspace: call.workspace))
        try query.finish()
        let rows = try await table.list(filter, workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: CoreJSON.user)
    }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let profile = try UserSubmission.read(json)
        try Self.allow(profile.role, call)
        try Self.give(profile.role, call)
        let id = services.ids.next(User.self)
        return try await OnceOnly(services: services).run(claim) { connection in
            let row = try await UserTable.insert(id, profile, words: Self.words(profile, call), workspace: call.workspace, on: connection)
            var answer = OnceOnly.Answer(.created, CoreJSON.user(row), location: "/api/users/\(id)", etag: Call.tag(row.version))
            answer.deliveries = try await services.publisher.publish(.userCreated(row), workspace: call.workspace, trace: call.trace, on: connection)
            return answer
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let row = try await table.find(try id(call), workspace: call.workspace) else { throw Problem.notFound("user") }
        return call.answer(CoreJSON.user(row), version: row.version)
    }

    private func change(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let id = try id(call)
        let response = try await OnceOnly(services: services).run(claim) { connection in
            let old = try await lock(id, call, on: connection)
            let profile = try UserSubmission.read(json, over: old.profile)
            try Self.allow(profile.role, call)
            if profile.role != old.profile.role { try Self.give(profile.role, call) }
            guard profile != old.profile else { return OnceOnly.Answer(.ok, CoreJSON.user(old), etag: Call.tag(old.version)) }
            let row = try await UserTable.update(id, profile, words: Self.words(profile, call), workspace: call.workspace, on: connection)
            var answer = OnceOnly.Answer(.ok, CoreJSON.user(row), etag: Call.tag(row.version))
            answer.deliveries = try await services.publisher.publish(
                .userUpdated(row, from: old.profile), workspace: call.workspace, trace: call.trace, on: connection)
            return answer
        }
        // The role bounds what programs may do in the user's name, and processes remember that.
        if json["role"] != nil { await services.revocations.announce([id.description]) }
        return response
    }

    /// What the user did goes along, and every session and grant of the user ends.
    private func delete(_ call: Call) async throws -> Response {
        let id = try id(call)
        try await services.pool.withTransaction { connection in
            _ = try await lock(id, call, on: connection)
            try await UserTable.delete(id, workspace: call.workspace, on: connection)
        }
        await services.revocations.announce([id.description])
        return Response(status: .noContent)
    }

    private func lock(_ id: UserID, _ call: Call, on connection: PostgresConnection) async throws -> UserRow {
        guard let row = try await UserTable.lock(id, workspace: call.workspace, on: connection) else { throw Problem.notFound("user") }
        try Self.allow(row.profile.role, call)
        try call.requireMatch(row.version)
        return row
    }

    /// Who is no mere learner may grant programs more than that: such users are made, changed and removed by who may change the workspace itself.
    private static func allow(_ role: UserRole, _ call: Call) throws(Problem) {
        guard role == .learner || call.credential.scopes.contains(.workspaceWrite) else { throw .missingScope([Scope.workspaceWrite.rawValue]) }
    }

    /// Whoever has a role may give programs what it allows: nobody gives a role that allows more than they have themselves.
    private static func give(_ role: UserRole, _ call: Call) throws(Problem) {
        let missing = role.grantable.subtracting(call.credential.scopes).names
        guard role == .learner || missing.isEmpty else {
            throw .beyondCaller([.body("/role", "allows \(missing.joined(separator: ", ")), which you do not have yourself")])
        }
    }

    private static func words(_ profile: UserProfile, _ call: Call) -> SearchWords {
        SearchText.words(of: [profile.name, profile.email], workspace: call.workspace)
    }

    private func id(_ call: Call) throws(Problem) -> UserID {
        guard let id = call.id(UserID.self) else { throw .notFound("user") }
        return id
    }
}
