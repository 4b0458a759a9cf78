import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import Redis
import TestSupport

/// Endpoints, the workers' guards and the leader's keeper, on real stores.
struct HealthStage {
    let process: ProcessFixture
    let map: QueueMap
    let index: LaneIndex
    let publisher: Publisher
    let pusher: IndexPusher
    let term: LeaderTerm
    var policy = HealthPolicy()

    var pool: PostgresPool { process.pool }
    var workspace: WorkspaceID { process.workspace }
    var settings: SettingsPusher { SettingsPusher(map: map, redis: process.redis) }
    var keeper: EndpointHealthKeeper { EndpointHealthKeeper(pool: pool, publisher: publisher, settings: settings, policy: policy) }

    static func run(_ body: (HealthStage) async throws -> Void) async throws {
        try await ProcessFixture.run { process in
            let map = QueueMap(namespace: namespace() + ".", queues: ["webhooks"])
            let index = LaneIndex(shard: map.shards(of: "webhooks")[0], redis: process.redis)
            _ = try await index.reset(to: 1)
            try await index.open(1)
            let pusher = IndexPusher(map: map, redis: process.redis, logger: process.logger)
            let publisher = Publisher(writer: EventWriter(pool: process.pool, deliveryJob: Publisher.deliveryJob()), pusher: pusher)
            guard let term = try await Leadership(pool: process.pool, holder: "test", lease: .seconds(600)).claim() else { throw NeverHappened("it leads") }
            try await process.running([pusher]) {
                try await body(HealthStage(process: process, map: map, index: index, publisher: publisher, pusher: pusher, term: term))
            }
        }
    }

    /// As a worker has one.
    func guardian(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) -> EndpointGuard {
        EndpointGuard(pool: pool, publisher: publisher, settings: settings, now: now)
    }

    func endpoint(_ types: String, status: String = "active") async throws -> EndpointID {
        let id: EndpointID = IdentifierSource.system.next()
        _ = try await pool.query(
            """
            INSERT INTO endpoints (id, workspace_id, url, event_types, status)
            VALUES ($1, $2, 'http://127.0.0.1:1/', $3::text::text[], $4)
            """, [.id(id.value), .id(workspace.value), .text(types), .text(status)])
        return id
    }

    func note(_ guardian: EndpointGuard, _ endpoint: EndpointID, _ answer: DeliveryNote.Answer, times: Int = 1, certificate: Int64? = nil) {
        for _ in 0..<times { guardian.note(DeliveryNote(endpoint: endpoint, workspace: workspace, answer: answer, certificateExpiresAt: certificate)) }
    }

    /// Failures that go back so many hours, as a worker has told of them.
    func fail(_ endpoint: EndpointID, hours: Int, failures: Int = 20) async throws {
        let guardian = guardian()
        note(guardian, endpoint, .failed, times: failures)
        try await guardian.flush()
        // A window that is over, so that the circuit stays out of it.
        _ = try await pool.query(
            """
            UPDATE endpoint_health SET failing_since = now() - $2::int4 * interval '1 hour', window_since = now() - interval '1 hour',
                window_failures = failures WHERE endpoint_id = $1
            """, [.id(endpoint.value), .int32(Int32(hours))])
    }

    func health(_ endpoint: EndpointID) async throws -> EndpointHealth? { try await EndpointHealthTable(pool: pool).find(endpoint, workspace: workspace) }

    func status(_ endpoint: EndpointID) async throws -> String? {
        try await pool.query("SELECT status FROM endpoints WHERE id = $1", [.id(endpoint.value)]).first?.text(0)
    }

    /// The types of what was sent to an endpoint, in order.
    func sent(to endpoint: EndpointID) async throws -> [String] {
        try await pool.query(
            "SELECT e.type FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.endpoint_id = $1 ORDER BY d.id", [.id(endpoint.value)]
        ).map { try $0.text(0) }
    }

    func published(_ type: String) async throws -> Int64 {
        try await pool.query("SELECT count(*) FROM events WHERE type = $1", [.text(type)]).first?.int64(0) ?? -1
    }

    func lane(_ endpoint: EndpointID) async throws -> LaneSettings? {
        try await LaneSettingsTable(pool: pool).find(EndpointSwitch.lane(of: endpoint, workspace: workspace))
    }

    /// Until the lane may run, as the index has it; nil while it is held without an end.
    func opens(_ endpoint: EndpointID) async throws -> Duration? { try await index.look(at: [endpoint.description])?.lanes.first?.opensIn }
}
