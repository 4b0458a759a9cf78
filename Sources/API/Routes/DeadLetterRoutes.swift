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
    private static let groups = "dead-letter-groups"

    var all: [Route] {
        [
            Route(.get, "/api/dead-letters", DeadLetterOperations.list, .operator, .jobsRead, handler: index),
            Route(.get, "/api/dead-letters/{id}", DeadLetterOperations.show, .operator, .jobsRead, handler: show),
            Route(.post, "/api/dead-letters/replay", DeadLetterOperations.replay, .operator) { try await move($0, by: .replay) },
            Route(.post, "/api/dead-letters/discard", DeadLetterOperations.discard, .operator) { try await move($0, by: .discard) },
        ] + DeadLetterPayloadRoutes(services: services).all + DeadLetterOperationRoutes(services: services).all
    }

    private var table: DeadLetterTable { DeadLetterTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        if let grouping = query.choice("groupBy", of: DeadLetterGrouping.self) { return try await index(call, by: grouping) }
        try query.refuseCursor(of: Self.groups)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: JobID.self))
        let filter = DeadLetterFilter(&query, workspace: call.workspace)
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, filter: filter, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.job.id) }) {
            DeadLetterJSON.summary($0, workspace: call.workspace)
        }
    }

    /// Groups, the largest first. Its pages are counted off: groups change places as they grow.
    private func index(_ call: Call, by grouping: DeadLetterGrouping) async throws -> Response {
        var query = Query(call.request)
        try query.refuseCursor(of: Self.list)
        let (limit, offset) = (query.limit(), query.cursor(of: Self.groups, as: Int64.self) ?? 0)
        let filter = DeadLetterFilter(&query, workspace: call.workspace)
        try query.finish()
        let groups = try await table.groups(by: grouping, workspace: call.workspace, filter: filter, after: max(0, offset), limit: limit + 1)
        return Page.response(
            groups, limit: limit, for: call.request, cursor: { _ in Cursor(list: Self.groups, position: max(0, offset) + Int64(limit)) }
        ) {
            DeadLetterJSON.group($0, by: grouping, filter: filter, workspace: call.workspace)
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(JobID.self), let (letter, found) = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("dead letter")
        }
        let versions = try await PayloadVersionTable(pool: services.pool).versions(of: id, workspace: call.workspace)
        return Response(.ok, DeadLetterJSON.detail(letter, found, versions: versions, workspace: call.workspace))
            .tagged(versions.last?.version ?? 1)
    }

    private func move(_ call: Call, by move: DeadLetterMove) async throws -> Response {
        let (json, claim) = try await call.body()
        let order = try DeadLetterOrder(json, workspace: call.workspace)
        let total = try await total(of: order, workspace: call.workspace)
        let isForLeader = order.wantsOperation || min(total ?? 0, order.limit ?? .max) > DeadLetterTable.mostAtOnce
        if isForLeader, !order.isDryRun { return try await begin(order, by: move, claim: claim, for: call) }
        return try await DeadLetterTable.retryingKeys {
            try await OnceOnly(services: services).run(claim, earlier: { try await operation(begunAs: $0, for: call) }) { connection in
                let report = try await DeadLetterTable.move(
                    order.selection, by: move, workspace: call.workspace, actor: call.actor, isDryRun: order.isDryRun, on: connection)
                var answer = OnceOnly.Answer(.ok, order.json(report, move: move, total: total, isForLeader: isForLeader))
                answer.afterCommit = { services.pusher.pushAgain(report.replayed.map { (queue: $0.queue, push: LaneIndex.Push($0)) }) }
                return answer
            }
        }
    }

    /// When an order comes again, what it was for may have been moved by then: it began an operation, and would not now.
    private func operation(begunAs answer: String, for call: Call) async throws -> Response? {
        guard let id = DeadLetterOperationID(answer),
            let operation = try await DeadLetterOperationTable(pool: services.pool).find(id, workspace: call.workspace)
        else { return nil }
        return Response(.accepted, DeadLetterJSON.operation(operation, workspace: call.workspace))
    }

    /// Of a filter: all that match, or for an order in earnest as many as have to be known.
    private func total(of order: DeadLetterOrder, workspace: WorkspaceID) async throws -> Int? {
        guard case .matching(let filter, let limit) = order.selection, order.isDryRun || !order.wantsOperation else { return nil }
        let most = order.isDryRun ? Int.max : min(limit ?? .max, DeadLetterTable.mostAtOnce) + 1
        return try await table.count(.matching(filter, limit: nil), workspace: workspace, most: most)
    }

    private func begin(_ order: DeadLetterOrder, by move: DeadLetterMove, claim: IdempotencyClaim?, for call: Call) async throws -> Response {
        let start = try await DeadLetterOperationTable(pool: services.pool).begin(
            move, of: order.selection, rate: order.rate, workspace: call.workspace, author: call.actor, claim: claim)
        switch start {
        case .begun(let operation): return Response(.accepted, DeadLetterJSON.operation(operation, workspace: call.workspace))
        case .repeated(let operation): return Response(.accepted, DeadLetterJSON.operation(operation, workspace: call.workspace)).replayed(true)
        case .mismatch: throw Problem.idempotencyMismatch
        case .inProgress: throw Problem.idempotencyInProgress
        case .tooMany:
            throw Problem.tooManyOperations
        }
    }
}

extension Problem {
    static let tooManyOperations = Problem(
        status: .conflict, code: "too_many_operations",
        detail: "\(DeadLetterOperationTable.mostOpen) operations are running or paused; cancel one, or wait for its end.")
}
