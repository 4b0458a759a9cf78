import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// Depth and lag as the leader samples them.
@Suite struct QueueSampleLaws {
    private func sample(_ queue: QueueFixture) async throws -> QueueSample {
        try #require(try await QueueSampleTable(pool: queue.pool).count(queues: ["default", "other"], within: .seconds(10)).first)
    }

    @Test func `a sample tells what is due, what waits for its time, what is dead, and how old the oldest due job is`() async throws {
        try await QueueFixture.run { queue in
            #expect(try await sample(queue).due == 0)
            try await queue.commit(queue.newJobs(50))
            // 3 retries, of which 1 waits in its strict lane and the oldest has been due for 900 s; 4 delayed, 1 of which is due by now; 5 dead; 6 over long ago.
            try await queue.pool.query(
                """
                WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM jobs)
                UPDATE jobs SET
                    failures = (n <= 3)::int, delayed = n BETWEEN 4 AND 7,
                    run_at = now() + CASE WHEN n = 1 THEN -900 WHEN n BETWEEN 3 AND 6 THEN 3600 WHEN n > 12 THEN -5 ELSE -86400 END * interval '1 second',
                    state = (CASE WHEN n BETWEEN 8 AND 12 THEN 'dead' WHEN n BETWEEN 13 AND 18 THEN 'succeeded' ELSE 'pending' END)::job_state
                FROM numbered WHERE numbered.id = jobs.id
                """)
            try await queue.pool.query("UPDATE jobs SET run_at = now() - interval '10 seconds' WHERE run_at < now() - interval '1 hour' AND state = 'pending'")
            let sample = try await sample(queue)
            #expect(sample.due == 35 && sample.scheduled == 4 && sample.dead == 5, "\(sample)")
            #expect((900_000_000..<905_000_000).contains(sample.lag), "\(sample.lag)")
        }
    }

    @Test func `every queue has a sample, also one with nothing in it`() async throws {
        try await QueueFixture.run { queue in
            let samples = try await QueueSampleTable(pool: queue.pool).count(queues: ["default", "other"], within: .seconds(10))
            #expect(samples.map(\.queue) == ["default", "other"])
            #expect(samples.allSatisfy { $0.due == 0 && $0.oldestDueAt == nil && $0.lag == 0 })
        }
    }

    @Test func `only the leader's samples are stored, and queues that are gone are forgotten`() async throws {
        try await QueueFixture.run { queue in
            let table = QueueSampleTable(pool: queue.pool)
            let leadership = Leadership(pool: queue.pool, holder: "a", lease: .seconds(60))
            let term = try #require(try await leadership.claim())
            try await table.store([QueueSample(queue: "old", due: 1, sampledAt: 5), QueueSample(queue: "kept", due: 2, sampledAt: 5)], term: term)
            try await table.store([QueueSample(queue: "kept", due: 3, oldestDueAt: 4, sampledAt: 6)], term: term)
            let latest = try await table.latest()
            #expect(latest.map(\.queue) == ["kept"] && latest[0].due == 3 && latest[0].lag == 2 && latest[0].age > 0)
            try await leadership.resign(term)
            try await table.store([QueueSample(queue: "late", due: 9, sampledAt: 7)], term: term)
            #expect(try await table.latest().map(\.queue) == ["kept"])
        }
    }

    @Test func `finished rows beside the waiting ones are not read`() async throws {
        try await QueueFixture.run { queue in
            // Statistics from the time of a backlog that has been worked off since: by them nearly every row is pending.
            try await queue.pool.query(
                """
                INSERT INTO jobs (id, workspace_id, kind, queue, lane, payload, max_attempts)
                SELECT gen_random_uuid(), gen_random_uuid(), 'noop', 'default', 'lane', '{}', 5 FROM generate_series(1, 20000) n
                """)
            try await queue.pool.query("ANALYZE jobs")
            try await queue.pool.query(
                """
                UPDATE jobs SET state = 'succeeded'
                WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER () AS n FROM jobs) numbered WHERE n > 200)
                """)
            let plan = try await QueueSampleTable(pool: queue.pool).plan(queues: ["default"])
            #expect(!plan.contains("Seq Scan"), "\(plan)")
            #expect(try await sample(queue).due == 200)
        }
    }
}
