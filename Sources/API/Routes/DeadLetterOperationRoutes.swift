import Hummingbird
import Identity
import Ledger
import Primitives

/// Operations on dead letters: how far they are, and what stops them.
struct DeadLetterOperationRoutes: Sendable {
    let services: APIServices

    private static let list = "dead-letter-operations"

    var all: [Route] {
        [
            Route(.get, "/api/dead-letters/operations", DeadLetterOperations.listOperations, .operator, .jobsRead, handler: index),
            Route(.get, "/api/dead-letters/operations/{id}", DeadLetterOperations.showOperation, .operator, .jobsRead, handler: show),
        ] + DeadLetterOperationTable.Steering.allCases.map { steering in
            Route(.post, "/api/dead-letters/operations/{id}/\(steering.rawValue)", DeadLetterOperations.steer(steering), .operator) { try await steer($0, steering) }
        }
    }

    private var table: DeadLetterOperationTable { DeadLetterOperationTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: DeadLetterOperationID.self))
        let state = query.choice("status", of: DeadLetterOperation.State.self)
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, state: state, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) {
            DeadLetterJSON.operation($0, workspace: call.workspace)
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(DeadLetterOperationID.self), let operation = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("operation")
        }
        return Response(.ok, DeadLetterJSON.operation(operation, workspace: call.workspace))
    }

    private func steer(_ call: Call, _ steering: DeadLetterOperationTable.Steering) async throws -> Response {
        guard let id = call.id(DeadLetterOperationID.self) else { throw Problem.notFound("operation") }
        return try await OnceOnly(services: services).run(action: try await call.body(mayBeEmpty: true).claim) {
            try await answer(id, steering, for: call)
        }
    }

    private func answer(
        _ id: DeadLetterOperationID, _ steering: DeadLetterOperationTable.Steering, for call: Call
    ) async throws -> OnceOnly.Answer {
        switch try await table.steer(id, steering, workspace: call.workspace, actor: call.actor) {
        case .done(let operation): return OnceOnly.Answer(.ok, DeadLetterJSON.operation(operation, workspace: call.workspace))
        case .over(let operation):
            throw Problem.operationOver(operation.state.rawValue)
        case .notFound: throw Problem.notFound("operation")
        }
    }
}

extension Problem {
    static func operationOver(_ state: String) -> Problem {
        Problem(status: .conflict, code: "operation_over", detail: "The operation is \(state) already.")
    }
}
