import Ledger
import Postgres
import Primitives
import Queue
import Redis
import TestSupport

/// What laws about several parts at once watch, and what they hold up.
extension QueueFixture {
    /// Of the shard, in an epoch, as the scripts name it.
    func key(_ name: String, epoch: Int64 = 1) -> RedisArgument { .string("v2:{\(index.shard.tag)}:\(epoch):\(name)") }

    /// Microseconds, by the clock that limits go by.
    func serverTime() async throws -> Int64 {
        let parts = try await redis.send(["TIME"]).array?.compactMap(\.integer) ?? []
        guard parts.count == 2 else { throw NeverHappened("the server tells its time") }
        return parts[0] * 1_000_000 + parts[1]
    }

    /// When the worker's last step was, by the same clock: its lease began then.
    func lastStep(of worker: String = "w1") async throws -> Int64 {
        guard let end = try await redis.send(["ZSCORE", key("leases"), .string(worker)]).integer else { throw NeverHappened("\(worker) has a lease") }
        return end - index.tuning.lease.microseconds
    }

    /// Returns when the only worker has made some more steps, each of which renews its lease: what it may do it has begun by then.
    func awaitSteps(_ count: Int = 4) async throws {
        var last = RedisValue.null
        var seen = -1
        try await eventually("the worker makes \(count) steps") {
            let leases = try await redis.send(["ZRANGE", key("leases"), "0", "-1", "WITHSCORES"])
            if leases != last { (last, seen) = (leases, seen + 1) }
            return seen >= count
        }
    }

    /// Nobody reads or writes the ledger's jobs until the body has returned.
    func whileJobsAreLocked<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await pool.withTransaction { connection in
            _ = try await connection.query("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
            return try await body()
        }
    }

    /// Returns when somebody waits for the lock.
    func awaitLocked() async throws {
        try await eventually("somebody waits for the lock") {
            try await number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
        }
    }

    func withPusher<Result: Sendable>(_ pusher: IndexPusher, _ body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup { group in
            group.addTask { try await pusher.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    var newPusher: IndexPusher { IndexPusher(map: map, redis: redis, tuning: index.tuning, logger: logger) }

    /// Returns when the pusher has the index's answer to all that it was given before: it sends one batch after another. The ledger does not know
    /// the two jobs that it is given for that.
    func hear(_ pusher: IndexPusher) async throws {
        for _ in 1...2 {
            pusher.pushAgain([(queue: "default", push: LaneIndex.Push(id: IdentifierSource.system.next(), lane: "nobody's", priority: 0))])
            try await eventually("the pusher goes on") { pusher.backlog(of: "default").waiting == 0 }
        }
    }

    /// The same queue over several shards: one fixture each, with one map.
    func spread(over count: Int) -> [QueueFixture] {
        let map = QueueMap(namespace: namespace() + ".", queues: ["default"], shards: ["default": count])
        return map.shards(of: "default").map { shard in
            QueueFixture(
                pool: pool, redis: redis, map: map, index: LaneIndex(shard: shard, redis: redis, tuning: index.tuning), logger: logger,
                databaseURL: databaseURL)
        }
    }

    func keeper() async throws -> (IndexKeeper, LeaderTerm) {
        let leadership = Leadership(pool: pool, holder: "s1", lease: .seconds(600))
        guard let term = try await leadership.claim() else { throw NeverHappened("it leads") }
        let keeper = IndexKeeper(
            map: map, redis: redis, tuning: index.tuning, waiting: waiting, lanes: LaneSettingsTable(pool: pool),
            queues: QueueSettingsTable(pool: pool), workers: WorkerTable(pool: pool), leadership: leadership, logger: logger)
        return (keeper, term)
    }

    /// Makes every lease run out, for all that the index knows. Whoever steps renews his own.
    func endLeases() async throws {
        let workers = try await redis.send(["ZRANGE", key("leases"), "0", "-1"]).array ?? []
        for worker in workers.compactMap(\.bytes) { _ = try await redis.send(["ZADD", key("leases"), "XX", "0", .bytes(worker)]) }
    }

    /// Makes a job of the due set due at once.
    func hurry(_ id: JobID) async throws {
        _ = try await redis.send(["ZADD", key("due"), "XX", "0", .string(id.value.description)])
    }
}
