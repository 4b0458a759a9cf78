import Ledger
import Postgres
import Primitives
import Queue
import Redis
import Scheduler
import TestSupport
import Testing

/// A scheduler on real stores, and something to do for each of its duties.
@Suite struct DutyLaws {
    @Test func `a scheduler that leads does every duty, and another may lead when it has stopped`() async throws {
        try await ProcessFixture.run { stage in
            try await plantOldThings(stage)
            let scheduler = SchedulerProcess(map: stage.map, pool: stage.pool, redis: stage.redis, logger: stage.logger)
            try await stage.running([scheduler]) {
                // From here on a lane is filled by a push or by the sweep, and no more by the rebuild.
                try await eventually("the index is open") {
                    try await stage.redis.send(["HGET", .string("v2:{\(stage.index.shard.tag)}:index"), "phase"]).text == "open"
                }
                let swept = try await plantTasks(stage)
                try await eventually("settings are told", within: .seconds(15)) { try await stage.isParked("parked") == true }
                try await eventually("a job without a push is found by the sweep", within: .seconds(20)) {
                    try await stage.index.missing(of: [swept], in: "swept")?.ids.isEmpty == true
                }
                for (duty, sql) in Self.signs {
                    try await eventually(duty, within: .seconds(15)) { try await stage.number("SELECT coalesce((\(sql)), false)::int::int8") == 1 }
                }
                #expect(scheduler.isLeading)
                #expect(try await Audit(pool: stage.pool).books().differences == [])
            }
            #expect(try await Leadership(pool: stage.pool, holder: "next").claim() != nil)
        }
    }

    /// By what each duty is known to have done its work; all of them are false before.
    private static let signs = [
        ("delayed jobs are promoted", "SELECT NOT delayed FROM jobs WHERE lane = 'promoted'"),
        ("schedules fire", "SELECT count(*) >= 2 FROM schedule_occurrences WHERE outcome = 'fired'"),
        ("operations on dead letters are worked off", "SELECT bool_and(state = 'done' AND done = 1) FROM dead_letter_operations"),
        ("older dead letters get their fingerprints", "SELECT fingerprint IS NOT NULL FROM jobs WHERE lane = 'unmarked'"),
        ("marks are gone on with", "SELECT state = 'cancelled' AND error_class = 'cancelled' FROM jobs WHERE lane = 'marked'"),
        ("overdue jobs expire", "SELECT state = 'cancelled' AND error_class = 'expired' FROM jobs WHERE lane = 'overdue'"),
        ("followers are counted anew", "SELECT blocked_by = 0 AND NOT delayed FROM jobs WHERE lane = 'follower'"),
        ("old jobs are removed", "SELECT count(*) = 0 FROM jobs WHERE lane = 'old'"),
        ("old log is removed", "SELECT to_regclass('integration_log_20200102') IS NULL"),
        ("queues are sampled", "SELECT count(*) = 1 FROM queue_samples WHERE queue = 'default'"),
        ("coming days have their log", "SELECT count(*) >= 7 FROM pg_inherits WHERE inhparent = 'integration_log'::regclass"),
        ("silent workers are forgotten", "SELECT count(*) = 0 FROM workers"),
        ("old idempotency keys are forgotten", "SELECT count(*) = 0 FROM idempotency_keys"),
        ("old occurrences are forgotten", "SELECT count(*) = 0 FROM schedule_occurrences WHERE at < now() - interval '30 days'"),
        ("unique keys are free after their period", "SELECT count(*) = 0 FROM unique_keys"),
        ("what ended jobs said is forgotten", "SELECT count(*) = 0 FROM job_progress"),
    ]

    /// For the duties that come once in a long while, and at once when the lead begins.
    private func plantOldThings(_ stage: ProcessFixture) async throws {
        let (old, unmarked) = (stage.job(lane: "old"), stage.job(lane: "unmarked"))
        try await stage.commit([old, unmarked])
        try await stage.settle(old, .succeeded)
        try await stage.settle(unmarked, .dead)
        for statement in [
            "UPDATE jobs SET settled_at = now() - interval '8 days', created_at = now() - interval '8 days' WHERE lane = 'old'",
            "UPDATE jobs SET fingerprint = NULL WHERE lane = 'unmarked'",
            "CREATE TABLE integration_log_20200102 PARTITION OF integration_log FOR VALUES FROM ('2020-01-02 00:00:00+00') TO ('2020-01-03 00:00:00+00')",
            "INSERT INTO workers (id, host, pid, release, queues, seen_at) VALUES (gen_random_uuid(), 'h', 1, '1', '{}', now() - interval '1 hour')",
            """
            INSERT INTO idempotency_keys (workspace_id, key, fingerprint, answer, created_at)
            VALUES (gen_random_uuid(), 'k', '', '', now() - interval '25 hours')
            """,
            "INSERT INTO schedule_occurrences (schedule_id, at, outcome) VALUES (gen_random_uuid(), now() - interval '31 days', 'fired')",
            """
            INSERT INTO unique_keys (workspace_id, kind, unique_key, job_id, expires_at)
            VALUES (gen_random_uuid(), 'noop', 'k', gen_random_uuid(), now() - interval '1 second')
            """,
            "INSERT INTO job_progress (job_id, attempt, text, at) VALUES (gen_random_uuid(), 1, 'half', now() - interval '2 minutes')",
        ] { _ = try await stage.pool.query(statement) }
    }

    /// For the duties that come every few seconds; each job in a lane of its own.
    /// - Returns: the job that only the sweep can find.
    private func plantTasks(_ stage: ProcessFixture) async throws -> JobID {
        var (promoted, overdue, predecessor, follower) = (
            stage.job(lane: "promoted"), stage.job(lane: "overdue"), stage.job(lane: "predecessor"), stage.job(lane: "follower")
        )
        let (swept, marked, dead) = (stage.job(lane: "swept"), stage.job(lane: "marked"), stage.job(lane: "dead"))
        promoted.runAt = 4_000_000_000_000_000
        overdue.notAfter = 1_000_000
        predecessor.hasFollowers = true
        follower.blockedBy = 1
        try await stage.commit(
            [promoted, overdue, predecessor, follower, swept, marked, dead], follows: [JobFollow(predecessor: predecessor.id, follower: follower.id)])
        _ = try await stage.pool.query("UPDATE jobs SET run_at = now() - interval '3 seconds' WHERE lane IN ('promoted', 'swept')")
        try await stage.settle(predecessor, .succeeded)
        // As when it was attached while that settlement was under way, which could not see it.
        _ = try await stage.pool.query("UPDATE jobs SET blocked_by = 1, delayed = true, run_at = 'infinity' WHERE lane = 'follower'")
        try await stage.settle(dead, .dead)
        _ = try await JobCancellation(pool: stage.pool).mark(marked.id, workspace: stage.workspace, reason: "test", by: "test")
        let begun = try await DeadLetterOperationTable(pool: stage.pool).begin(
            .replay, of: .ids([dead.id]), workspace: stage.workspace, author: "test")
        guard case .begun = begun else { throw NeverHappened("an operation: \(begun)") }
        #expect(try await stage.isParked("parked") == false)
        try await stage.park("parked")
        let tick = ScheduleDefinition(name: "tick", cron: "* * * * * *", kind: "noop", queue: "default", lane: "ticks", maxAttempts: 3)
        _ = try await ScheduleTable(pool: stage.pool).create(IdentifierSource.system.next(), tick, workspace: stage.workspace)
        return swept.id
    }
}
