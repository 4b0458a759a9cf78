import Hummingbird
import Identity
import Ledger
import Primitives

/// The operators' record.
struct OperatorActionRoutes: Sendable {
    let services: APIServices

    private static let list = "operator-actions"

    var all: [Route] { [Route(.get, "/api/operator-actions", ServiceOperations.actions, .operator, handler: index)] }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: Int64.self))
        let filter = OperatorActionTable.Filter(
            action: query.text("action"), actor: query.text("actor"), since: query.time("since"), until: query.time("until"))
        try query.finish()
        let rows = try await OperatorActionTable(pool: services.pool).list(
            workspace: call.workspace, filter: filter, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }, json: Self.json)
    }

    private static func json(_ action: OperatorAction) -> JSON {
        [
            "id": .string(String(action.id)), "at": .time(action.at), "actor": .string(action.actor), "action": .string(action.action),
            "jobIds": .array(action.jobs.map { .text($0) }), "detail": action.detail.map { .raw($0) } ?? .null,
        ]
    }
}
