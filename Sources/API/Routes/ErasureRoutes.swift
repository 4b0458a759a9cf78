import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// The erasure of a person from what events, jobs, answers and the log say.
struct ErasureRoutes: Sendable {
    let services: APIServices

    private static let list = "erasures"

    var all: [Route] {
        [
            Route(.post, "/api/erasures", ErasureOperations.begin, .operator, handler: begin),
            Route(.get, "/api/erasures", ErasureOperations.list, .operator, handler: index),
            Route(.get, "/api/erasures/{id}", ErasureOperations.show, .operator, handler: show),
            Route(.post, "/api/erasures/{id}/cancel", ErasureOperations.cancel, .operator, handler: cancel),
        ]
    }

    private var table: ErasureTable { ErasureTable(pool: services.pool) }

    private func begin(_ call: Call) async throws -> Response {
        // Whom it is about must not be written to the log by the very request.
        let (json, claim) = try await call.body(isLogged: false)
        var fields = Fields(json)
        fields.allow(only: ["userId", "email", "dryRun"])
        if fields.contains("userId") == fields.contains("email") { fields.refuse("userId", "is needed, or email, and not both") }
        var subject: ErasureSubject?
        if let user = fields.id("userId", of: UserID.self) { subject = ErasureSubject(user: user) }
        if let email = fields.text("email", longest: 254) {
            subject = ErasureSubject(email: email)
            if subject == nil { fields.refuse("email", "must be an e-mail address") }
        }
        let isDryRun = fields.boolean("dryRun") ?? false
        try fields.finish()
        guard let subject else { throw Problem.invalid([.body("/userId", "is needed, or email, and not both")]) }
        let (table, workspace, author) = (table, call.workspace, call.actor)
        return try await OnceOnly(services: services).run(claim) { connection in
            guard let erasure = try await table.begin(subject, isDryRun: isDryRun, workspace: workspace, author: author, on: connection) else {
                throw Problem.tooManyErasures
            }
            return OnceOnly.Answer(.accepted, Self.json(erasure), location: "/api/erasures/\(erasure.id)")
        }
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: ErasureID.self))
        let state = query.choice("status", of: Erasure.State.self)
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, state: state, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) { Self.json($0) }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(ErasureID.self), let erasure = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("erasure")
        }
        return Response(.ok, Self.json(erasure))
    }

    private func cancel(_ call: Call) async throws -> Response {
        guard let id = call.id(ErasureID.self) else { throw Problem.notFound("erasure") }
        return try await OnceOnly(services: services).run(action: try await call.body(mayBeEmpty: true).claim) {
            switch try await table.cancel(id, workspace: call.workspace, actor: call.actor) {
            case .done(let erasure): return OnceOnly.Answer(.ok, Self.json(erasure))
            case .over(let erasure): throw Problem.erasureOver(erasure.state.rawValue)
            case .notFound: throw Problem.notFound("erasure")
            }
        }
    }

    private static func json(_ erasure: Erasure) -> JSON {
        let path = "/api/erasures/\(erasure.id)"
        return [
            "id": .text(erasure.id), "status": .string(erasure.state.rawValue), "by": .string(erasure.kind.rawValue),
            "dryRun": .bool(erasure.isDryRun), "author": .string(erasure.author), "counts": .raw(erasure.counts),
            "jobsCancelled": .int(erasure.jobsCancelled), "error": .optional(erasure.error), "createdAt": .time(erasure.createdAt),
            "updatedAt": .time(erasure.updatedAt), "endedAt": .optional(time: erasure.endedAt),
            "links": ["self": .string(path), "cancel": .string("\(path)/cancel")],
        ]
    }
}

extension Problem {
    static let tooManyErasures = Problem(
        status: .conflict, code: "too_many_erasures", detail: "\(ErasureTable.mostOpen) erasures are running; wait for the end of one, or cancel it.")

    static func erasureOver(_ state: String) -> Problem {
        Problem(status: .conflict, code: "erasure_over", detail: "The erasure is \(state) already.")
    }
}
