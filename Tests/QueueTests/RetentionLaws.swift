import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// Old rows go, and the books do not notice.
@Suite struct RetentionLaws {
    private func settle(_ queue: QueueFixture, _ jobs: some Sequence<NewJob>, _ ending: Settlement.Ending) async throws {
        try await queue.withSettlements { settlements in
            for job in jobs { _ = try await settlements.settle(Settlement(job: job.id, attempt: 1, ending: ending, duration: 1)) }
        }
    }

    private func age(_ queue: QueueFixture, days: Int, where condition: String = "true") async throws {
        _ = try await queue.pool.query(
            """
            UPDATE jobs SET settled_at = settled_at - \(days) * interval '1 day', created_at = created_at - \(days) * interval '1 day'
            WHERE \(condition)
            """)
    }

    @Test func `the books balance while old rows are deleted`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let jobs = try await queue.commit(queue.newJobs(40))
            try await settle(queue, jobs[0..<10], .succeeded)
            try await settle(queue, jobs[10..<20], .dead)
            try await settle(queue, jobs[20..<30], .cancelled)
            try await age(queue, days: 8)
            let pruning = JobPruning(pool: queue.pool, retention: Retention())
            #expect(try await pruning.run(term: term) == 20)
            var books = try await queue.audit.books()
            #expect(books.succeededRows == 0 && books.deadRows == 10 && books.cancelledRows == 0 && books.pending == 10)
            #expect(books.succeeded == 10 && books.cancelled == 10 && books.differences == [])
            try await age(queue, days: 90)
            #expect(try await pruning.run(term: term) == 10)
            #expect(try await pruning.run(term: term) == 0)
            books = try await queue.audit.books()
            #expect(books.deadRows == 0 && books.dead == 10 && books.pending == 10 && books.differences == [])
            #expect(try await queue.state(of: jobs[39].id).state == "pending", "a job that waits is never old")
        }
    }

    @Test func `only the leader deletes, and a dead job that goes cancels what waits for it`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let first = queue.newJobs(1), then = queue.newJobs(1)
            _ = try await queue.accept(first, then: then)
            try await settle(queue, first, .dead)
            try await age(queue, days: 91, where: "state = 'dead'")
            let pruning = JobPruning(pool: queue.pool, retention: Retention())
            var former = term
            former.term -= 1
            #expect(try await pruning.run(term: former) == 0)
            #expect(try await pruning.run(term: term) == 1)
            _ = try await queue.waiting.mendFollowers(after: nil, limit: 10, term: term)
            try await queue.canceller.endMarked()
            #expect(try await queue.state(of: then[0].id).state == "cancelled")
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `days of the log are dropped whole and their attempts stay counted`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            try await LogPartitions(pool: queue.pool).ensure(daysAhead: 0)
            let jobs = try await queue.commit(queue.newJobs(4))
            try await settle(queue, jobs[0..<2], .succeeded)
            _ = try await queue.pool.query(
                "CREATE TABLE integration_log_20200102 PARTITION OF integration_log FOR VALUES FROM ('2020-01-02 00:00:00+00') TO ('2020-01-03 00:00:00+00')")
            _ = try await queue.pool.query("UPDATE integration_log SET at = '2020-01-02 12:00:00+00'")
            _ = try await queue.pool.query("UPDATE jobs SET settled_at = '2020-01-02 12:00:00+00' WHERE state = 'succeeded'")
            try await settle(queue, jobs[2..<3], .succeeded)
            var former = term
            former.term -= 1
            await #expect(throws: LedgerError.self) {
                try await LogPartitions(pool: queue.pool).drop(olderThan: Retention().log, term: former)
            }
            try await LogPartitions(pool: queue.pool).drop(olderThan: Retention().log, term: term)
            let books = try await queue.audit.books()
            #expect(books.attempts == 3 && books.attemptRows == 1 && books.prunedAttempts == 2 && books.differences == [])
            #expect(try await queue.pool.query("SELECT 1 FROM pg_class WHERE relname = 'integration_log_20200102'").isEmpty)
        }
    }

    @Test func `what came before its day's partition is emptied at once when all of it is old`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let jobs = try await queue.commit(queue.newJobs(2))
            try await settle(queue, jobs, .succeeded)
            try await LogPartitions(pool: queue.pool).drop(olderThan: Retention().log, term: term)
            #expect(try await queue.audit.books().attemptRows == 2)
            _ = try await queue.pool.query("UPDATE integration_log SET at = '2020-01-02 12:00:00+00'")
            _ = try await queue.pool.query("UPDATE jobs SET settled_at = '2020-01-02 12:00:00+00'")
            try await LogPartitions(pool: queue.pool).drop(olderThan: Retention().log, term: term)
            let books = try await queue.audit.books()
            #expect(books.attemptRows == 0 && books.differences == [])
        }
    }

    @Test(arguments: [
        ("succeeded", "succeeded is not name=time such as dead=90d"), ("dead=5", "dead=5 is not name=time such as dead=90d"),
        ("dead=0d", "dead=0d is not name=time such as dead=90d"), ("all=5d", "all is none of succeeded, cancelled, dead, log, payloads, responses, events"),
        ("dead=99999999999999999999d", "dead=99999999999999999999d is not name=time such as dead=90d"),
        ("events=30d", "events must not be shorter than payloads"),
        ("log=30d", "log must not be shorter than the time of any job"), ("dead=91d", "log must not be shorter than the time of any job"),
    ])
    func `a setting that cannot be is refused with its reason`(text: String, reason: String) throws {
        #expect(throws: Retention.Fault(description: reason)) { _ = try Retention(parsing: text) }
    }

    @Test func `a setting names what differs from the usual`() throws {
        let retention = try Retention(parsing: "succeeded=12h, dead=10d,log=10d")
        #expect(retention.succeeded == .seconds(43_200) && retention.dead == .seconds(864_000) && retention.log == .seconds(864_000))
        #expect(retention.cancelled == Retention().cancelled)
        #expect(try Retention(parsing: "") == Retention())
    }

    @Test func `a dropped day takes snoozes, replays and cancellations along, and only attempts were counted`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            try await LogPartitions(pool: queue.pool).ensure(daysAhead: 0)
            let jobs = try await queue.commit(queue.newJobs(3))
            try await settle(queue, jobs[0..<1], .snoozed)
            try await settle(queue, jobs[1..<2], .dead)
            _ = try await DeadLetterTable(pool: queue.pool).move(.ids([jobs[1].id]), by: .replay, workspace: queue.workspace, actor: "x")
            #expect(try await queue.canceller.cancel(jobs[2].id, workspace: queue.workspace, reason: "no more", by: "x") == .cancelled)
            #expect(try await queue.number("SELECT count(DISTINCT type) FROM integration_log") == 4)
            _ = try await queue.pool.query(
                "CREATE TABLE integration_log_20200102 PARTITION OF integration_log FOR VALUES FROM ('2020-01-02 00:00:00+00') TO ('2020-01-03 00:00:00+00')")
            _ = try await queue.pool.query("UPDATE integration_log SET at = '2020-01-02 12:00:00+00'")
            try await LogPartitions(pool: queue.pool).drop(olderThan: Retention().log, term: term)
            let books = try await queue.audit.books()
            #expect(books.attempts == 1 && books.attemptRows == 0 && books.prunedAttempts == 1 && books.differences == [])
        }
    }

    @Test func `a job that goes takes along what belongs to it, and nothing of another's`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let pairs = [(queue.newJobs(1), queue.newJobs(1)), (queue.newJobs(1), queue.newJobs(1))]
            for (first, then) in pairs { try await queue.accept(first, then: then) }
            for insert in [
                "job_progress (job_id, attempt, text) SELECT id, 1, ''",
                "job_payload_versions (job_id, version, workspace_id, payload) SELECT id, 1, workspace_id, payload",
            ] { _ = try await queue.pool.query("INSERT INTO \(insert) FROM jobs") }
            _ = try await queue.pool.query("UPDATE jobs SET state = 'succeeded', settled_at = now()")
            try await age(queue, days: 8, where: "id IN (SELECT id FROM jobs ORDER BY id LIMIT 2)")
            #expect(try await JobPruning(pool: queue.pool, retention: Retention()).run(term: term) == 2)
            for (table, column) in [
                ("job_progress", "job_id"), ("job_payload_versions", "job_id"), ("job_follows", "predecessor_id"),
                ("job_follows", "follower_id"),
            ] {
                let left = try await queue.number("SELECT count(*) FROM \(table)")
                let orphans = try await queue.number("SELECT count(*) FROM \(table) t WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = t.\(column))")
                #expect(orphans == 0 && left == (table == "job_follows" ? 1 : 2), "\(table)")
            }
        }
    }

    @Test func `a follower that goes takes its own line with it while its predecessor stays`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let first = queue.newJobs(1), then = queue.newJobs(1)
            try await queue.accept(first, then: then)
            _ = try await queue.canceller.cancel(then[0].id, workspace: queue.workspace, reason: "no more", by: "x")
            try await age(queue, days: 8)
            #expect(try await JobPruning(pool: queue.pool, retention: Retention()).run(term: term) == 1)
            #expect(try await queue.number("SELECT count(*) FROM job_follows") == 0)
        }
    }

    @Test func `a whole page that has to stay is walked past`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            let dead = try await queue.commit(queue.newJobs(2100))
            _ = try await queue.commit(queue.newJobs(2100))
            // Ended as far as the rows and the counters tell: 4,200 settlements would take long.
            _ = try await queue.pool.query(
                "UPDATE jobs SET state = CASE WHEN id <= $1 THEN 'dead' ELSE 'succeeded' END::job_state, settled_at = now()", [.id(dead[2099].id.value)])
            _ = try await queue.pool.query("UPDATE ledger_counters SET dead = 2100, succeeded = 2100 WHERE slot = 0")
            _ = try await queue.pool.query("UPDATE log_horizon SET kept_from = now()")
            try await age(queue, days: 8)
            let removed = try await JobPruning(pool: queue.pool, retention: Retention()).run(term: term)
            #expect(removed == 2100)
            let books = try await queue.audit.books()
            #expect(books.deadRows == 2100 && books.prunedSucceeded == 2100 && books.differences == [], "\(books)")
        }
    }
}
