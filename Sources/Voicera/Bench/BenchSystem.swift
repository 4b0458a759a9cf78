import Foundation
import HTTPDelivery
import Identity
import Jobs
import Ledger
import Logging
import Postgres
import Primitives
import Queue
import Redis
import Scheduler
import ServiceLifecycle

/// The whole system in this process, without HTTP in front: writers, index, runners, scheduler.
struct BenchSystem: Sendable {
    let pool: PostgresPool
    let intake: Intake
    let publisher: Publisher
    let sealer: Sealer
    let kinds: MeasuringRunner
    let workspace: WorkspaceID
    /// Of the private stores, by name; none when they were given by URL.
    let storePIDs: [String: Int32]
    let redis: RedisClient
    let map: QueueMap
    private let tuning: IndexTuning
    private let makeRunners: @Sendable () -> [any Service]
    private let logger: Logger

    /// - Parameters:
    ///   - secret: seals the endpoints' secrets; nil for one of this run.
    ///   - attempts: of each delivery; nil for as many as its endpoint's schedule has.
    static func run(
        on stack: Stack, profile: BenchProfile, secret: String? = nil, attempts: Int32? = nil, _ body: (BenchSystem) async throws -> Void
    ) async throws {
        var logger = Logger(label: "bench") { _ in JSONLogHandler() }
        logger.logLevel = .error
        var stores = StoreOptions()
        stores.postgres = stack.databaseURL
        stores.redis = stack.redisURL
        let pool = try stores.makePool(logger: logger, connections: 16)
        let redis = try stores.makeRedis(logger: logger)
        var tuning = IndexTuning()
        tuning.window = profile.window
        let map = QueueMap()
        let writer = JobWriter(pool: pool, parallelCommits: profile.commits)
        let deliveryJob = Publisher.deliveryJob()
        let events = EventWriter(pool: pool, parallelCommits: profile.commits) {
            var job = deliveryJob($0, $1)
            job.maxAttempts = attempts ?? job.maxAttempts
            return job
        }
        let pusher = IndexPusher(map: map, redis: redis, tuning: tuning, logger: logger)
        let scheduler = SchedulerProcess(map: map, pool: pool, redis: redis, tuning: tuning, logger: logger)
        let settlements = SettlementWriter(pool: pool, logger: logger, parallelCommits: profile.commits)
        var targets = AddressPolicy(allowed: try AddressPolicy.parse(list: "127.0.0.0/8"))
        targets.requiresHTTPS = false
        let delivery = try DeliveryClient(policy: targets)
        let sealer = try Sealer(secret: Redacted(secret ?? Sealer.randomKey()))
        let services = JobServices(delivery: delivery, endpoints: EndpointDirectory(pool: pool, sealer: sealer, targets: targets), guardian: EndpointGuard(pool: pool))
        let kinds = MeasuringRunner(JobPerformer(services: services))
        let makeRunners: @Sendable () -> [any Service] = { [logger, tuning] in
            let worker = IdentifierSource.system.next().description
            return map.shards.map { shard in
                QueueRunner(
                    index: LaneIndex(shard: shard, redis: redis, tuning: tuning), worker: worker, kinds: kinds,
                    confirmation: JobConfirmation(pool: pool), settlements: settlements, waiting: WaitingJobs(pool: pool),
                    settings: QueueRunner.Settings(slots: profile.slots[shard.queue] ?? 64), logger: logger)
            }
        }
        let group = ServiceGroup(services: [pool, redis, pusher, writer, events, settlements, scheduler], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
            try await LogPartitions(pool: pool).ensure()
            try await EventBodies(pool: pool).ensure()
            let workspace: WorkspaceID = IdentifierSource.system.next()
            try await WorkspaceTable(pool: pool).create(workspace, name: "bench")
            let system = BenchSystem(
                pool: pool, intake: Intake(writer: writer, pusher: pusher), publisher: Publisher(writer: events, pusher: pusher), sealer: sealer,
                kinds: kinds, workspace: workspace, storePIDs: stack.pids, redis: redis, map: map, tuning: tuning, makeRunners: makeRunners, logger: logger)
            try await system.waitForIndex()
            try await body(system)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        await delivery.shutDown()
    }

    /// Runs a worker for the time of the body; a runner lives once, so each time it is another.
    func withWorkers<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let group = ServiceGroup(services: makeRunners(), logger: logger)
        return try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let result = try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    /// Jobs that have ended, by the ledger.
    func ended() async throws -> Int {
        let rows = try await pool.query("SELECT sum(succeeded + dead + cancelled)::int8 FROM ledger_counters")
        return Int(try rows.first?.int64(0) ?? 0)
    }

    func audit() async throws -> [String] { try await Audit(pool: pool).books().differences }

    func indexes(of queue: String) -> [LaneIndex] { map.shards(of: queue).map { LaneIndex(shard: $0, redis: redis, tuning: tuning) } }

    /// Until every shard takes pushes: a leader has opened it.
    func waitForIndex() async throws {
        for shard in map.shards {
            let index = LaneIndex(shard: shard, redis: redis, tuning: tuning)
            while true {
                if let reception = try? await index.enqueue([], knownEpoch: ""), case .taken = reception { break }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
