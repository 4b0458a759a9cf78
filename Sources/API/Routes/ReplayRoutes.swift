import Hummingbird
import Identity
import Jobs
import Ledger
import Postgres
import Primitives

/// Past deliveries made anew: the failed ones, those that never were, or all that a filter lets pass.
struct ReplayRoutes: Sendable {
    let services: APIServices

    private static let list = "replays"

    var all: [Route] {
        [
            Route(.post, "/api/webhooks/{id}/recover", ReplayOperations.recover, .webhooksWrite) { try await begin($0, .failed) },
            Route(.post, "/api/webhooks/{id}/replay-missing", ReplayOperations.missing, .webhooksWrite) { try await begin($0, .missing) },
            Route(.post, "/api/webhooks/{id}/replay", ReplayOperations.replay, .webhooksWrite) { try await begin($0, .all) },
            Route(.get, "/api/replays", ReplayOperations.list, .webhooksRead, handler: index),
            Route(.get, "/api/replays/{id}", ReplayOperations.show, .webhooksRead, handler: show),
        ] + ReplayTable.Steering.allCases.map { steering in
            Route(.post, "/api/replays/{id}/\(steering.rawValue)", ReplayOperations.steer(steering), .webhooksWrite) { try await steer($0, steering) }
        }
    }

    private var table: ReplayTable { ReplayTable(pool: services.pool, work: Publisher.replayWork(ids: services.ids)) }

    /// The leader does it, however little there is to do.
    private func begin(_ call: Call, _ choice: ReplaySelection.Choice) async throws -> Response {
        let (json, claim) = try await call.body()
        guard let endpoint = call.id(EndpointID.self) else { throw Problem.notFound("webhook") }
        let order = try ReplayOrder(json, of: choice, endpoint: endpoint, policy: services.addressPolicy)
        let (table, workspace, author) = (table, call.workspace, call.actor)
        return try await OnceOnly(services: services).run(claim) { connection in
            if order.isDryRun {
                guard let total = try await table.count(order.order.selection, workspace: workspace, on: connection) else {
                    throw Problem.notFound("webhook")
                }
                return OnceOnly.Answer(.ok, ["dryRun": true, "total": .int(total)])
            }
            switch try await table.begin(order.order, workspace: workspace, author: author, on: connection) {
            case .begun(let replay):
                return OnceOnly.Answer(.accepted, ReplayJSON.replay(replay), location: "/api/replays/\(replay.id)")
            case .notFound: throw Problem.notFound("webhook")
            case .tooMany: throw Problem.tooManyReplays
            }
        }
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: ReplayID.self))
        let (state, endpoint) = (query.choice("status", of: Replay.State.self), query.id("webhookId", of: EndpointID.self))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, endpoint: endpoint, state: state, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) { ReplayJSON.replay($0) }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(ReplayID.self), let replay = try await table.find(id, workspace: call.workspace) else {
            throw Problem.notFound("replay")
        }
        return Response(.ok, ReplayJSON.replay(replay))
    }

    private func steer(_ call: Call, _ steering: ReplayTable.Steering) async throws -> Response {
        guard let id = call.id(ReplayID.self) else { throw Problem.notFound("replay") }
        return try await OnceOnly(services: services).run(action: try await call.body(mayBeEmpty: true).claim) {
            switch try await table.steer(id, steering, workspace: call.workspace, actor: call.actor) {
            case .done(let replay): return OnceOnly.Answer(.ok, ReplayJSON.replay(replay))
            case .over(let replay): throw Problem.replayOver(replay.state.rawValue)
            case .notFound: throw Problem.notFound("replay")
            }
        }
    }
}

extension Problem {
    static let tooManyReplays = Problem(
        status: .conflict, code: "too_many_replays",
        detail: "\(ReplayTable.mostOpen) replays are running or paused; cancel one, or wait for its end.")

    static func replayOver(_ state: String) -> Problem {
        Problem(status: .conflict, code: "replay_over", detail: "The replay is \(state) already.")
    }
}
