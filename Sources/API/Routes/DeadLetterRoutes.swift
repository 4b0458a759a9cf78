import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives
import Queue

/// Jobs that were buried, and what operators do with them.
struct DeadLetterRoutes: Sendable {
    let services: APIServices

    private static let list = "dead-letters"

    var all: [Route] {
        [
            Route(.get, "/api/dead-letters", .operator, .jobsRead, handler: index),
            Route(.get, "/api/dead-letters/{id}", .operator, .jobsRead, handler: show),
            Route(.post, "/api/dead-letters/replay", .operator, handler: replay),
            Route(.post, "/api/dead-letters/discard", .operator, handler: discard),
        ]
    }

    private var table: DeadLetterTable { DeadLetterTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: JobID.self))
        let filter = JobTable.Filter(&query, workspace: call.workspace)
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, filter: filter, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) {
            JobJSON.summary($0, workspace: call.workspace)
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(JobID.self), let found = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("dead letter")
        }
        return Response(.ok, JobJSON.detail(found, workspace: call.workspace))
    }

    private func replay(_ call: Call) async throws -> Response {
        let order = try DeadLetterOrder(try await call.body().json, workspace: call.workspace)
        let report = try await table.replay(order.selection, workspace: call.workspace, actor: call.actor, isDryRun: order.isDryRun)
        services.pusher.pushAgain(
            report.replayed.map { (queue: $0.queue, push: LaneIndex.Push(id: $0.id, lane: $0.lane, priority: $0.priority)) })
        return order.response(report, count: "replayed")
    }

    private func discard(_ call: Call) async throws -> Response {
        let order = try DeadLetterOrder(try await call.body().json, workspace: call.workspace)
        let report = try await table.discard(order.selection, workspace: call.workspace, actor: call.actor, isDryRun: order.isDryRun)
        return order.response(report, count: "discarded")
    }
}
