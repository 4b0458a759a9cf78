import Ledger
import LocalStack
import Logging
import NIOPosix
import Postgres
import Primitives
import Queue
import Redis
import ServiceLifecycle
import TestSupport

/// A queue of one test's own on the shared servers: a database, a key namespace and the engine's parts.
struct QueueFixture {
    let pool: PostgresPool
    let redis: RedisClient
    let map: QueueMap
    let index: LaneIndex
    let workspace = WorkspaceID(IdentifierSource.system.next())
    let logger: Logger
    let databaseURL: String

    var waiting: WaitingJobs { WaitingJobs(pool: pool) }
    var audit: Audit { Audit(pool: pool) }

    /// Runs the body with pool and client running; both end with it.
    static func run(
        tuning: IndexTuning = IndexTuning(), redisURL: String? = nil, databaseURL: String? = nil, opens: Bool = true,
        _ body: @Sendable (QueueFixture) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let database: String
        if let databaseURL { database = databaseURL } else { database = try await TestPostgres.freshDatabase() }
        let redisServer: String
        if let redisURL { redisServer = redisURL } else { redisServer = try await TestRedis.shared().url }
        let pool = PostgresPool(try PostgresConfiguration(url: database), logger: logger)
        let redis = RedisClient(try RedisConfiguration(url: redisServer), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let map = QueueMap(namespace: namespace() + ".", queues: ["default"])
        let fixture = QueueFixture(
            pool: pool, redis: redis, map: map, index: LaneIndex(shard: map.shards(of: "default")[0], redis: redis, tuning: tuning),
            logger: logger, databaseURL: database)
        try await withThrowingTaskGroup { group in
            group.addTask { try await pool.run() }
            group.addTask { try await redis.run() }
            defer { group.cancelAll() }
            _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
            if opens { try await fixture.open(epoch: 1) }
            try await body(fixture)
        }
    }

    func open(epoch: Int64) async throws {
        _ = try await index.reset(to: epoch)
        try await index.open(epoch)
    }

    func newJobs(_ count: Int, lane: String = "lane", priority: Int16 = 0, maxAttempts: Int32 = 5, kind: String = "noop", laneKey: String? = nil) -> [NewJob] {
        (0..<count).map { number in
            NewJob(
                id: IdentifierSource.system.next(), workspace: workspace, kind: kind, queue: "default", lane: lane, priority: priority,
                payload: "{\"n\":\(number)}", maxAttempts: maxAttempts, laneKey: laneKey)
        }
    }

    /// In the ledger only, as after a push that died with its process.
    @discardableResult
    func commit(_ jobs: [NewJob]) async throws -> [NewJob] {
        try await withWriter { writer in _ = try await writer.accept(JobWriter.Request(jobs: jobs)) }
        return jobs
    }

    func withWriter<Result: Sendable>(_ body: (JobWriter) async throws -> Result) async throws -> Result {
        let writer = JobWriter(pool: pool)
        return try await withThrowingTaskGroup { group in
            group.addTask { try await writer.run() }
            defer { group.cancelAll() }
            return try await body(writer)
        }
    }

    func push(_ jobs: [NewJob], knownEpoch: String = "1") async throws {
        _ = try await index.enqueue(
            jobs.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: $0.priority, laneKey: $0.laneKey, envelope: Envelope.encode($0)) }, knownEpoch: knownEpoch)
    }

    func join(_ worker: String, session: Int64 = 1) async throws { _ = try await index.reassert(worker: worker, session: session, holding: []) }

    /// One step of a worker that has joined.
    func step(
        _ worker: String = "w1", epoch: String = "1", session: Int64 = 1, settled: [JobID] = [], returned: [LaneIndex.Return] = [], want: Int = 100, beat: Int64 = 0
    ) async throws -> LaneIndex.Step {
        switch try await index.step(worker: worker, epoch: epoch, session: session, beat: beat, settled: settled, returned: returned, want: want) {
        case .stepped(let step): return step
        case let other: throw NeverHappened("a step was answered with \(other)")
        }
    }

    func state(of id: JobID) async throws -> (state: String, attempt: Int32, failures: Int32) {
        let rows = try await pool.query("SELECT state::text, attempt, failures FROM jobs WHERE id = $1", [.id(id.value)])
        guard let row = rows.first else { throw NeverHappened("job \(id) is in the ledger") }
        return (try row.text(0), try row.int32(1), try row.int32(2))
    }

    /// The log of a job, for failing tests and for the laws about attempts.
    func history(of id: JobID) async throws -> [String] {
        try await pool.query(
            "SELECT attempt || ' ' || outcome || coalesce(' ' || error_class, '') FROM integration_log WHERE job_id = $1 ORDER BY id", [.id(id.value)]
        ).map { try $0.text(0) }
    }
}

extension LaneIndex.Held {
    static func of(_ id: JobID, lane: String = "lane", laneKey: String? = nil) -> LaneIndex.Held {
        LaneIndex.Held(id: id, rank: Rank(priority: 0), lane: lane, laneKey: laneKey)
    }
}

extension LaneIndex.Claim {
    var isFirstHand: Bool { if case .firstHand = entry { true } else { false } }
}
