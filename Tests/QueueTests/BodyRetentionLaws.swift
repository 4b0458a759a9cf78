import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// What events said, what receivers answered and that they were go at ages of their own, and the books do not notice.
@Suite struct BodyRetentionLaws {
    private func partition(_ table: String, _ queue: QueueFixture) async throws {
        _ = try await queue.pool.query(
            "CREATE TABLE \(table)_20200102 PARTITION OF \(table) FOR VALUES FROM ('2020-01-02 00:00:00+00') TO ('2020-01-03 00:00:00+00')")
    }

    @Test func `bodies of events go by the day with their table, and what the events were stays`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            let bodies = EventBodies(pool: queue.pool)
            try await bodies.ensure(daysAhead: 0)
            let old = try await replays.publish(3)
            try await partition("event_bodies", queue)
            _ = try await queue.pool.query("UPDATE event_bodies SET at = '2020-01-02 12:00:00+00'")
            _ = try await queue.pool.query("UPDATE events SET created_at = '2020-01-02 12:00:00+00'")
            try await replays.publish(2)
            var former = term
            former.term -= 1
            await #expect(throws: LedgerError.self) { try await bodies.drop(olderThan: Retention().payloads, term: former) }
            #expect(try await queue.number("SELECT count(*) FROM event_bodies") == 5)
            try await bodies.drop(olderThan: Retention().payloads, term: term)
            #expect(try await queue.number("SELECT count(*) FROM event_bodies") == 2)
            #expect(try await queue.pool.query("SELECT 1 FROM pg_class WHERE relname = 'event_bodies_20200102'").isEmpty)
            #expect(try await queue.number("SELECT count(*) FROM events") == 5)
            // A replay looks at them, and leaves them out.
            try await queue.settle(old.map(\.id), attempt: 1, ending: .succeeded)
            let replay = try await replays.begin(.all)
            let ended = try await replays.work(off: replay.id, term: term)
            #expect(ended.total == 3 && ended.done == 0 && ended.skipped == 3, "\(ended)")
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `bodies that came before their day's partition go at once when all of them are old`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            try await replays.publish(2)
            #expect(try await queue.number("SELECT count(*) FROM event_bodies_default") == 2)
            try await EventBodies(pool: queue.pool).drop(olderThan: Retention().payloads, term: term)
            #expect(try await queue.number("SELECT count(*) FROM event_bodies") == 2)
            _ = try await queue.pool.query("UPDATE event_bodies SET at = '2020-01-02 12:00:00+00'")
            try await EventBodies(pool: queue.pool).drop(olderThan: Retention().payloads, term: term)
            #expect(try await queue.number("SELECT count(*) FROM event_bodies") == 0)
        }
    }

    @Test func `no job outlives the time that payloads are kept, and its delivery stays with the event`() async throws {
        try await ReplayFixture.run { replays in
            let queue = replays.queue
            let term = try await queue.lead()
            let jobs = try await replays.publish(4)
            try await queue.bury(Array(jobs[0..<2]))
            try await queue.settle([jobs[2].id], attempt: 1, ending: .succeeded)
            _ = try await queue.pool.query(
                "UPDATE jobs SET settled_at = settled_at - interval '20 days', created_at = created_at - interval '20 days' WHERE state <> 'pending'")
            var retention = try Retention(parsing: "payloads=14d,events=30d")
            #expect(try await JobPruning(pool: queue.pool, retention: retention).run(term: term) == 3)
            #expect(try await queue.audit.books().differences == [])
            #expect(try await replays.deliveries() == 4)
            #expect(try await replays.count(.missing) == 0, "the endpoint had them")
            #expect(try await EventPruning(pool: queue.pool, retention: retention).run(term: term) == 0)
            _ = try await queue.pool.query("UPDATE events SET created_at = created_at - interval '40 days'")
            retention.events = .seconds(30 * 86_400)
            var former = term
            former.term -= 1
            #expect(try await EventPruning(pool: queue.pool, retention: retention).run(term: former) == 0)
            #expect(try await EventPruning(pool: queue.pool, retention: retention).run(term: term) == 3)
            #expect(try await queue.number("SELECT count(*) FROM events") == 1, "one is pending still")
            #expect(try await replays.deliveries() == 1)
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `what receivers answered goes before the lines of the log, which keep everything else`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let jobs = try await queue.commit(queue.newJobs(3))
            try await queue.settle(jobs.map(\.id), attempt: 1, ending: .succeeded)
            try await partition("integration_log", queue)
            _ = try await queue.pool.query("UPDATE jobs SET settled_at = '2020-01-02 12:00:00+00'")
            _ = try await queue.pool.query(
                #"""
                UPDATE integration_log SET at = '2020-01-02 12:00:00+00', details =
                    '{"timings":{"total":7},"responseHeaders":{"x":"ann"},"responseBytes":9,"responseBody":"ann \"says\" \u0000"}'
                """#)
            _ = try await queue.pool.query(
                """
                INSERT INTO integration_log (at, workspace_id, type, outcome, request_body, response_body, path)
                SELECT '2020-01-02 13:00:00+00', $1, 'request', 'ok', '{"a":1}', '{"b":2}', '/api/users' FROM generate_series(1, 2000)
                """, [.id(queue.workspace.value)])
            let log = LogPartitions(pool: queue.pool)
            var former = term
            former.term -= 1
            await #expect(throws: LedgerError.self) { try await log.stripBodies(olderThan: Retention().responses, term: former) }
            try await log.stripBodies(olderThan: Retention().responses, term: term)
            #expect(try await queue.number("SELECT count(*) FROM integration_log") == 2003)
            #expect(try await queue.number(#"SELECT count(*) FROM integration_log WHERE details = '{"timings":{"total":7},"responseBytes":9}'"#) == 3)
            #expect(try await queue.number("SELECT count(*) FROM integration_log WHERE request_body IS NOT NULL OR response_body IS NOT NULL") == 0)
            #expect(try await queue.number("SELECT count(*) FROM integration_log WHERE path = '/api/users'") == 2000)
            #expect(try await queue.number("SELECT count(*) FROM log_days_without_bodies") == 1, "it is not looked at again")
            #expect(try await queue.audit.books().differences == [])
            try await log.drop(olderThan: Retention().log, term: term)
            #expect(try await queue.number("SELECT count(*) FROM log_days_without_bodies") == 0)
            #expect(try await queue.audit.books().differences == [])
        }
    }
}
