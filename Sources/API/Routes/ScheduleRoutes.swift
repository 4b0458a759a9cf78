import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives
import Queue

/// Jobs that come again and again.
struct ScheduleRoutes: Sendable {
    let services: APIServices

    private static let list = "schedules"
    private static let longestReason = 500

    var all: [Route] {
        [
            Route(.get, "/api/schedules", ScheduleOperations.list, .jobsRead, .operator, handler: index),
            Route(.post, "/api/schedules", ScheduleOperations.create, .jobsWrite, handler: create),
            Route(.get, "/api/schedules/{id}", ScheduleOperations.show, .jobsRead, .operator, handler: show),
            Route(.patch, "/api/schedules/{id}", ScheduleOperations.change, .jobsWrite, handler: change),
            Route(.delete, "/api/schedules/{id}", ScheduleOperations.delete, .jobsWrite, handler: delete),
            Route(.post, "/api/schedules/{id}/pause", ScheduleOperations.pause, .jobsWrite, .operator, handler: pause),
            Route(.post, "/api/schedules/{id}/resume", ScheduleOperations.resume, .jobsWrite, .operator, handler: resume),
            Route(.post, "/api/schedules/{id}/run", ScheduleOperations.run, .jobsWrite, .operator, handler: run),
        ]
    }

    private var table: ScheduleTable { ScheduleTable(pool: services.pool) }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let definition = try ScheduleSubmission(services: services, call: call).read(json)
        let id = services.ids.next(Schedule.self)
        return try await OnceOnly(services: services).run(claim, earlier: { try await created($0, call) }) { connection in
            let made = try await ScheduleTable.insert(id, definition, workspace: call.workspace, on: connection)
            return OnceOnly.Answer(.created, ScheduleJSON.detail(made))
        }
    }

    /// A release before this one kept the schedule's id in the place of the answer.
    private func created(_ kept: String, _ call: Call) async throws -> Response? {
        guard let id = ScheduleID(kept) else { return nil }
        return Response(.created, try await detail(id, call))
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: ScheduleID.self))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: ScheduleJSON.summary)
    }

    private func show(_ call: Call) async throws -> Response { Response(.ok, try await detail(try id(call), call)) }

    private func change(_ call: Call) async throws -> Response {
        let (json, _) = try await call.body()
        let submission = ScheduleSubmission(services: services, call: call)
        let id = try id(call)
        let row = try await table.change(id, workspace: call.workspace, actor: call.actor) { try submission.read(json, over: $0) }
        guard row != nil else { throw Problem.notFound("schedule") }
        return Response(.ok, try await detail(id, call))
    }

    private func delete(_ call: Call) async throws -> Response {
        guard try await table.delete(try id(call), workspace: call.workspace, actor: call.actor) else { throw Problem.notFound("schedule") }
        return Response(status: .noContent)
    }

    private func pause(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: ["reason"])
        let reason = fields.text("reason", longest: Self.longestReason)
        try fields.finish()
        let id = try id(call)
        return try await OnceOnly(services: services).run(action: claim) {
            guard try await table.pause(id, workspace: call.workspace, actor: call.actor, reason: reason) != nil else { throw Problem.notFound("schedule") }
            return OnceOnly.Answer(.ok, try await detail(id, call))
        }
    }

    private func resume(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: ["catchUp"])
        let catchesUp = fields.boolean("catchUp") ?? false
        try fields.finish()
        let id = try id(call)
        return try await OnceOnly(services: services).run(action: claim) {
            guard try await table.resume(id, workspace: call.workspace, actor: call.actor, catchesUp: catchesUp) != nil else {
                throw Problem.notFound("schedule")
            }
            return OnceOnly.Answer(.ok, try await detail(id, call))
        }
    }

    private func run(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: [])
        try fields.finish()
        let (id, job) = (try id(call), services.ids.next(JobRow.self))
        // A release before this one kept the job's id in the place of the answer.
        return try await OnceOnly(services: services).run(claim, earlier: { JobID($0).map { Self.ran($0).response } }) { connection in
            guard let fired = try await ScheduleTable.run(id, workspace: call.workspace, actor: call.actor, job: job, on: connection) else {
                throw Problem.notFound("schedule")
            }
            var answer = Self.ran(fired.id)
            answer.afterCommit = {
                services.pusher.pushAgain([(queue: fired.queue, push: LaneIndex.Push(id: fired.id, lane: fired.lane, priority: fired.priority))])
            }
            return answer
        }
    }

    private static func ran(_ job: JobID) -> OnceOnly.Answer { OnceOnly.Answer(.accepted, JobJSON.accepted(JobReceipt(id: job, isDuplicate: false))) }

    private func id(_ call: Call) throws(Problem) -> ScheduleID {
        guard let id = call.id(ScheduleID.self) else { throw .notFound("schedule") }
        return id
    }

    private func detail(_ id: ScheduleID, _ call: Call) async throws -> JSON {
        guard let found = try await table.find(id, workspace: call.workspace) else { throw Problem.notFound("schedule") }
        return ScheduleJSON.detail(found)
    }
}
