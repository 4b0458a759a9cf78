import Ledger
import Postgres
import Primitives
import Queue
import TestSupport

/// An endpoint with events and deliveries, and replays of them.
struct ReplayFixture {
    static let url = "https://example.com/"

    let queue: QueueFixture
    let endpoint: EndpointID = IdentifierSource.system.next()
    /// Of bodies: what the endpoint's filter lets pass, when it has one.
    let work: ReplayWork

    var table: ReplayTable { ReplayTable(pool: queue.pool, work: work) }

    static func run(_ body: @Sendable (ReplayFixture) async throws -> Void) async throws {
        try await QueueFixture.run { queue in
            let fixture = ReplayFixture(
                queue: queue,
                work: ReplayWork(
                    deliveries: DeliveryReplay { source in
                        let order = source.order
                        let lane = order.url == nil ? order.endpoint.description : order.replay?.description ?? ""
                        return job(source.event.workspace, lane: lane, body: source.event.body)
                    },
                    passes: { item, filter in item.body.contains(filter) }, flagged: { #"{"isReplay":true,"was":\#($0)}"# }))
            _ = try await queue.pool.query("INSERT INTO workspaces (id, name) VALUES ($1, 'test')", [.id(queue.workspace.value)])
            try await fixture.insertEndpoint(fixture.endpoint)
            try await body(fixture)
        }
    }

    static func job(_ workspace: WorkspaceID, lane: String, body: String) -> NewJob {
        NewJob(
            id: IdentifierSource.system.next(), workspace: workspace, kind: "webhook.deliver", queue: "default", lane: lane, payload: body, maxAttempts: 10)
    }

    func insertEndpoint(_ id: EndpointID, types: [String] = ["*"], filter: String? = nil) async throws {
        _ = try await queue.pool.query(
            """
            INSERT INTO endpoints (id, workspace_id, url, event_types, filter)
            VALUES ($1, $2, 'https://example.com/', $3, $4)
            """,
            [.id(id.value), .id(queue.workspace.value), .texts(types), filter.map { .text($0) } ?? .null])
    }

    func set(_ status: String) async throws {
        _ = try await queue.pool.query("UPDATE endpoints SET status = $2 WHERE id = $1", [.id(endpoint.value), .text(status)])
    }

    /// - Returns: the deliveries' jobs.
    @discardableResult
    func publish(_ count: Int, type: String = "a.b", body: (Int) -> String = { "{\"n\":\($0)}" }) async throws -> [NewJob] {
        let workspace = queue.workspace
        let writer = EventWriter(pool: queue.pool) { event, receiver in Self.job(workspace, lane: receiver.endpoint.description, body: event.body) }
        let events = (0..<count).map { number in
            let id = IdentifierSource.system.next(Event.self)
            return NewEvent(id: id, workspace: workspace, type: type, key: id.description, body: body(number), trace: nil)
        }
        return try await queue.pool.withTransaction { connection in try await writer.publish(events, on: connection).flatMap(\.jobs) }
    }

    func begin(
        _ choice: ReplaySelection.Choice, url: String? = nil, rate: Int32? = nil, types: [String]? = nil, state: JobState? = nil, since: Int64? = nil
    ) async throws -> Replay {
        let selection = ReplaySelection(endpoint: endpoint, choice: choice, since: since, eventTypes: types, state: state)
        let start = try await queue.pool.withTransaction { connection in
            try await table.begin(ReplayTable.Order(selection, url: url, rate: rate), workspace: queue.workspace, author: "key_x", on: connection)
        }
        guard case .begun(let replay) = start else { throw NeverHappened("the replay was answered with \(start)") }
        return replay
    }

    func count(_ choice: ReplaySelection.Choice) async throws -> Int64? {
        try await queue.pool.withConnection { connection in
            try await table.count(ReplaySelection(endpoint: endpoint, choice: choice), workspace: queue.workspace, on: connection)
        }
    }

    func now(_ id: ReplayID) async throws -> Replay {
        guard let replay = try await table.find(id, workspace: queue.workspace) else { throw NeverHappened("the replay is there") }
        return replay
    }

    /// To its end, as if so much time passed between two steps.
    @discardableResult
    func work(off id: ReplayID, term: LeaderTerm) async throws -> Replay {
        for _ in 0..<1000 {
            let replay = try await now(id)
            guard replay.state == .running else { return replay }
            try await pass("1 second")
            _ = try await table.step(id, term: term)
        }
        throw NeverHappened("it comes to an end")
    }

    func pass(_ interval: String) async throws {
        _ = try await queue.pool.query("UPDATE replays SET next_at = now() - $1::interval", [.text(interval)])
    }

    func moved(_ step: ReplayTable.Step) -> Int? { if case .moved(let jobs) = step { jobs.count } else { nil } }

    /// Deliveries of an event beyond the first: none of them may be.
    func doubles() async throws -> Int64 {
        try await queue.number(
            "SELECT count(*) FROM (SELECT 1 FROM deliveries GROUP BY event_id, endpoint_id, replay_id HAVING count(*) > 1) t")
    }

    func deliveries() async throws -> Int64 { try await queue.number("SELECT count(*) FROM deliveries") }
}
