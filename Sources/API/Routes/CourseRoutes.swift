import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// Courses.
struct CourseRoutes: Sendable {
    let services: APIServices

    private static let list = "courses"
    /// Characters of a description whose words it is found by.
    private static let searchedDescription = 1000

    private enum Flag: String, CaseIterable { case `true`, `false` }

    var all: [Route] {
        [
            Route(.get, "/api/courses", CourseOperations.list, .coursesRead, handler: index),
            Route(.post, "/api/courses", CourseOperations.create, .coursesWrite, handler: create),
            Route(.get, "/api/courses/{id}", CourseOperations.show, .coursesRead, handler: show),
            Route(.patch, "/api/courses/{id}", CourseOperations.change, .coursesWrite, handler: change),
            Route(.delete, "/api/courses/{id}", CourseOperations.delete, .coursesWrite, handler: delete),
        ]
    }

    private var table: CourseTable { CourseTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: CourseID.self))
        let (externalID, words) = (query.text("externalId"), query.words(workspace: call.workspace))
        try query.finish()
        let rows = try await table.list(externalID: externalID, words: words, workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: CoreJSON.course)
    }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let profile = try CourseSubmission.read(json)
        let id = services.ids.next(Course.self)
        return try await OnceOnly(services: services).run(claim) { connection in
            let row = try await CourseTable.insert(id, profile, words: Self.words(profile, call), workspace: call.workspace, on: connection)
            return OnceOnly.Answer(.created, CoreJSON.course(row), location: "/api/courses/\(id)", etag: Call.tag(row.version))
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let row = try await table.find(try id(call), workspace: call.workspace) else { throw Problem.notFound("course") }
        return call.answer(CoreJSON.course(row), version: row.version)
    }

    private func change(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let id = try id(call)
        return try await OnceOnly(services: services).run(claim) { connection in
            let old = try await lock(id, call, on: connection)
            let profile = try CourseSubmission.read(json, over: old.profile)
            guard profile != old.profile else { return OnceOnly.Answer(.ok, CoreJSON.course(old), etag: Call.tag(old.version)) }
            let row = try await CourseTable.update(id, profile, words: Self.words(profile, call), workspace: call.workspace, on: connection)
            return OnceOnly.Answer(.ok, CoreJSON.course(row), etag: Call.tag(row.version))
        }
    }

    private func delete(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let force = query.choice("force", of: Flag.self) == .true
        try query.finish()
        let id = try id(call)
        try await services.pool.withTransaction { connection in
            _ = try await lock(id, call, on: connection)
            try await CourseTable.delete(id, records: force, workspace: call.workspace, on: connection)
        }
        return Response(status: .noContent)
    }

    private func lock(_ id: CourseID, _ call: Call, on connection: PostgresConnection) async throws -> CourseRow {
        guard let row = try await CourseTable.lock(id, workspace: call.workspace, on: connection) else { throw Problem.notFound("course") }
        try call.requireMatch(row.version)
        return row
    }

    private static func words(_ profile: CourseProfile, _ call: Call) -> SearchWords {
        SearchText.words(of: [profile.name, String(profile.description.prefix(searchedDescription))], workspace: call.workspace)
    }

    private func id(_ call: Call) throws(Problem) -> CourseID {
        guard let id = call.id(CourseID.self) else { throw .notFound("course") }
        return id
    }
}
