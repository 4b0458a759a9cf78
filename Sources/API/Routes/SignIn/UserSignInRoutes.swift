import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// How the users of a workspace sign in, and what they let programs do.
struct UserSignInRoutes: Sendable {
    let services: APIServices

    private static let mostConsents = 200

    var all: [Route] {
        [
            Route(.put, "/api/users/{id}/password", UserSignInOperations.setPassword, .usersWrite, handler: setPassword),
            Route(.delete, "/api/users/{id}/password", UserSignInOperations.removePassword, .usersWrite, handler: removePassword),
            Route(.get, "/api/users/{id}/consents", UserSignInOperations.consents, .usersRead, handler: consents),
            Route(.delete, "/api/users/{id}/consents/{client}", UserSignInOperations.revokeConsent, .usersWrite, handler: revokeConsent),
        ]
    }

    private func setPassword(_ call: Call) async throws -> Response {
        var fields = Fields(try await call.body().json)
        fields.allow(only: ["password"])
        let password = fields.text("password", required: true, longest: Passwords.lengths.upperBound).map { Redacted($0) }
        if let password, password.exposed.unicodeScalars.count < Passwords.lengths.lowerBound {
            fields.refuse("password", "must not be shorter than \(Passwords.lengths.lowerBound) characters")
        }
        try fields.finish()
        let user = try id(call)
        guard let password else { throw Problem.notFound("user") }
        // Before the work of hashing, and once more with the row locked.
        try await services.pool.withConnection { try await mayActAs(user, call, on: $0) }
        let hash: String
        do { hash = try await services.signIn.passwords.hash(password) } catch is Passwords.Busy {
            throw Problem.unavailable("overloaded", "More passwords are being set than we may hold.")
        }
        let ended = try await services.pool.withTransaction { connection in
            try await mayActAs(user, call, on: connection)
            let ended = try await PasswordTable.set(hash, of: user, workspace: call.workspace, on: connection)
            guard let ended else { throw Problem.notFound("user") }
            try await record("users.set_password", user, call, on: connection)
            return ended
        }
        await services.revocations.announce(Set(ended.map(\.description)))
        return Response(status: .noContent)
    }

    private func removePassword(_ call: Call) async throws -> Response {
        let user = try id(call)
        let ended = try await services.pool.withTransaction { connection in
            try await mayActAs(user, call, on: connection)
            guard let ended = try await PasswordTable.remove(of: user, workspace: call.workspace, on: connection) else { return [GrantID]() }
            try await record("users.remove_password", user, call, on: connection)
            return ended
        }
        await services.revocations.announce(Set(ended.map(\.description)))
        return Response(status: .noContent)
    }

    private func consents(_ call: Call) async throws -> Response {
        let user = try id(call)
        try await services.pool.withConnection { _ = try await role(of: user, call, on: $0) }
        let rows = try await services.signIn.consents.list(user: user, workspace: call.workspace, limit: Self.mostConsents)
        let data = rows.map { row -> JSON in
            [
                "clientId": .string(row.clientID), "name": .string(row.clientName), "scopes": .array(row.scopes.map { .string($0) }),
                "createdAt": .time(row.createdAt), "updatedAt": .time(row.updatedAt),
            ]
        }
        return Response(.ok, ["data": .array(data)])
    }

    private func revokeConsent(_ call: Call) async throws -> Response {
        let user = try id(call)
        guard let name = call.context.parameters.get("client"), let client = try await services.oauth.clients.find(clientID: name),
            client.workspace == call.workspace
        else { throw Problem.notFound("client") }
        try await services.pool.withConnection { _ = try await role(of: user, call, on: $0) }
        let withdrawal = Withdrawal(pool: services.pool, revocations: services.revocations)
        guard try await withdrawal.take(user: user, client: client.id, workspace: call.workspace) else { throw Problem.notFound("consent") }
        return Response(status: .noContent)
    }

    /// Whoever can sign in as somebody can do what they may: a caller hands out no more than their own.
    private func mayActAs(_ user: UserID, _ call: Call, on connection: PostgresConnection) async throws {
        let missing = try await role(of: user, call, on: connection).grantable.subtracting(call.credential.scopes)
        if !missing.isEmpty { throw Problem.missingScope(missing.names) }
    }

    private func role(of user: UserID, _ call: Call, on connection: PostgresConnection) async throws -> UserRole {
        guard let role = try await PasswordTable.role(of: user, workspace: call.workspace, on: connection) else { throw Problem.notFound("user") }
        return role
    }

    private func record(_ action: String, _ user: UserID, _ call: Call, on connection: PostgresConnection) async throws {
        let detail = JSON.object([("user", .text(user))]).text
        try await OperatorActionTable.record(workspace: call.workspace, actor: call.actor, action: action, detail: detail, on: connection)
    }

    private func id(_ call: Call) throws(Problem) -> UserID {
        guard let id = call.id(UserID.self) else { throw .notFound("user") }
        return id
    }
}
