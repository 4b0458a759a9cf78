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

/// What a process of the system is given: stores of one test's own, with a workspace in the ledger and one queue.
struct ProcessFixture: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let map: QueueMap
    let index: LaneIndex
    let workspace: WorkspaceID = IdentifierSource.system.next()
    let logger: Logger

    /// Runs the body with the stores' clients running.
    static func run(_ body: (ProcessFixture) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let pool = PostgresPool(try PostgresConfiguration(url: try await TestPostgres.freshDatabase()), logger: logger)
        let redis = RedisClient(
            try RedisConfiguration(url: try await TestRedis.shared().url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let map = QueueMap(namespace: namespace() + ".", queues: ["default"])
        let fixture = ProcessFixture(
            pool: pool, redis: redis, map: map, index: LaneIndex(shard: map.shards(of: "default")[0], redis: redis), logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await pool.run() }
            group.addTask { try await redis.run() }
            defer { group.cancelAll() }
            _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
            try await WorkspaceTable(pool: pool).create(fixture.workspace, name: "test")
            try await body(fixture)
        }
    }

    /// Runs services for the time of the body; they stop in good order.
    func running(_ services: [any Service], _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: services, logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body()
            } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// As a leader makes it.
    func openIndex(_ epoch: Int64) async throws {
        _ = try await index.reset(to: epoch)
        try await index.open(epoch)
    }

    func job(lane: String, kind: String = "noop") -> NewJob {
        NewJob(id: IdentifierSource.system.next(), workspace: workspace, kind: kind, queue: "default", lane: lane, payload: "{}", maxAttempts: 5)
    }

    /// In the ledger, and not in the index.
    func commit(_ jobs: [NewJob], follows: [JobFollow] = []) async throws {
        let writer = JobWriter(pool: pool)
        try await running([writer]) { _ = try await writer.accept(JobWriter.Request(jobs: jobs, follows: follows)) }
    }

    func push(_ job: NewJob) async throws {
        _ = try await index.enqueue([LaneIndex.Push(id: job.id, lane: job.lane, priority: job.priority)], knownEpoch: "")
    }

    /// As a worker ends a first attempt.
    func settle(_ job: NewJob, _ ending: Settlement.Ending) async throws {
        let writer = SettlementWriter(pool: pool, logger: logger)
        let failed = ending == .dead
        let settlement = Settlement(
            job: job.id, attempt: 1, ending: ending, errorClass: failed ? "timeout" : nil, errorMessage: failed ? "it took 5 s" : nil, duration: 1)
        try await running([writer]) {
            guard case .applied = try await writer.settle(settlement) else { throw NeverHappened("\(job.id) was refused") }
        }
    }

    func number(_ sql: String) async throws -> Int64 { try await pool.query(sql).first?.int64(0) ?? -1 }
    func count(_ condition: String) async throws -> Int64 { try await number("SELECT count(*) FROM jobs WHERE \(condition)") }

    /// Nil while the index is lost.
    func isParked(_ lane: String) async throws -> Bool? { try await index.look(at: [lane])?.lanes.first.map { $0.opensIn == nil } }

    func park(_ lane: String) async throws {
        let place = LanePlace(queue: "default", lane: lane, workspace: workspace)
        _ = try await LaneSettingsTable(pool: pool).park(place, microseconds: nil, reason: "test", actor: "test")
    }
}
