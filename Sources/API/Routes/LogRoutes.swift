import Hummingbird
import Identity
import Ledger
import Primitives

/// The integration log.
struct LogRoutes: Sendable {
    let services: APIServices

    private static let list = "logs"

    var all: [Route] {
        [
            Route(.get, "/api/logs", LogOperations.list, .logsRead, .fleet, handler: index),
            Route(.get, "/api/logs/{id}", LogOperations.show, .logsRead, .fleet, handler: show),
        ]
    }

    private var table: LogTable { LogTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: LogID.self))
        let filter = LogFilter(&query, workspace: call.workspace)
        let isUnauthenticated = query.flag("unauthenticated")
        try query.finish()
        let workspace = try workspace(of: call, isUnauthenticated)
        let page = try await table.page(of: workspace, filter: filter, before: before, limit: limit)
        return Page.response(page.rows, next: page.next.map { Cursor(list: Self.list, position: $0) }, for: call.request) {
            LogJSON.line($0, workspace: workspace)
        }
    }

    private func show(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let isUnauthenticated = query.flag("unauthenticated")
        try query.finish()
        let workspace = try workspace(of: call, isUnauthenticated)
        guard let id = call.id(LogID.self), let found = try await table.find(id, workspace: workspace) else { throw Problem.notFound("line of the log") }
        return Response(.ok, LogJSON.detail(found.row, found.bodies, workspace: workspace))
    }

    /// Requests of callers that nobody knows may be any workspace's attempts to get in: they are for whoever runs the fleet.
    private func workspace(of call: Call, _ isUnauthenticated: Bool) throws(Problem) -> WorkspaceID {
        let needed = isUnauthenticated ? Scope.fleet : .logsRead
        guard call.credential.scopes.contains(needed) else { throw .missingScope([needed.rawValue]) }
        return isUnauthenticated ? LogLine.nobody : call.workspace
    }
}
