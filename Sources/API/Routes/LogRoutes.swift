import Hummingbird
import Identity
import Ledger
import Primitives

/// The integration log.
struct LogRoutes: Sendable {
    let services: APIServices

    private static let list = "logs"

    var all: [Route] { [Route(.get, "/api/logs", LogOperations.list, .logsRead, handler: index)] }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: Int64.self))
        let filter = LogTable.Filter(
            type: query.text("type"), job: query.id("jobId", of: JobID.self), kind: query.text("kind"), outcome: query.text("outcome"),
            since: query.time("since"), until: query.time("until"))
        try query.finish()
        let rows = try await LogTable(pool: services.pool).list(workspace: call.workspace, filter: filter, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) {
            JobJSON.log($0, workspace: call.workspace)
        }
    }
}
