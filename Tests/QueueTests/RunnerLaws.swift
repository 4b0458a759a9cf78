import Ledger
import LocalStack
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// The engine whole: intake, index, runner, settlement, on real stores.
@Suite struct RunnerLaws {
    @Test func `accepted jobs succeed and the books balance`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { _ in .succeeded() }
            let jobs = queue.newJobs(500)
            try await withWorker(queue, kinds) { _ in
                try await queue.commit(jobs)
                try await queue.push(jobs)
                try await eventually("all succeed") { try await queue.audit.books().succeeded == 500 }
            }
            #expect(kinds.runs.withLock { $0.count } == 500)
            #expect(try await queue.audit.books().differences == [])
            #expect(try await queue.index.missing(of: jobs.map(\.id), in: "lane")?.ids.count == 500, "acknowledged: the index has none of them")
        }
    }

    @Test func `a failing job is tried again and buried with its last error`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { job in .failed(Failure(.transient(), code: "boom", message: "attempt \(job.attempt) of 3 \u{0}")) }
            let job = queue.newJobs(1, maxAttempts: 3)[0]
            try await withWorker(queue, kinds) { _ in
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it is buried") { try await queue.state(of: job.id).state == "dead" }
            }
            #expect(kinds.attempts(of: job.id) == [1, 2, 3])
            #expect(try await queue.history(of: job.id) == ["1 retried boom", "2 retried boom", "3 dead boom"])
            let rows = try await queue.pool.query("SELECT error_message FROM jobs WHERE id = $1", [.id(job.id.value)])
            #expect(try rows[0].text(0) == "attempt 3 of 3 \u{FFFD}", "a NUL is stored as what can be stored")
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `an unknown kind is buried, not dropped`() async throws {
        try await QueueFixture.run { queue in
            let job = queue.newJobs(1, kind: "unheard.of")[0]
            try await withWorker(queue, ScriptedKinds { _ in .succeeded() }) { _ in
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it is buried") { try await queue.state(of: job.id).state == "dead" }
            }
            #expect(try await queue.history(of: job.id) == ["1 dead unknown_kind"])
        }
    }

    @Test func `a snooze keeps its attempt and its payload`() async throws {
        try await QueueFixture.run { queue in
            let first = Mutex(true)
            let kinds = ScriptedKinds { _ in
                first.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst ? .snoozed(.milliseconds(5), reason: "not now") : .succeeded()
                }
            }
            let job = queue.newJobs(1)[0]
            try await withWorker(queue, kinds) { _ in
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it succeeds") { try await queue.state(of: job.id).state == "succeeded" }
            }
            #expect(kinds.attempts(of: job.id) == [1, 1])
            #expect(kinds.runs.withLock { Set($0.map(\.payload)) } == [job.payload])
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a job over its deadline is cancelled and fails`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds(deadline: .milliseconds(50)) { _ in
                try? await Task.sleep(for: .seconds(60))
                return .failed(Failure(.transient(), code: "cancelled", message: "what the job says when cut off"))
            }
            let job = queue.newJobs(1, maxAttempts: 1)[0]
            try await withWorker(queue, kinds) { _ in
                try await queue.commit([job])
                try await queue.push([job])
                try await eventually("it is buried") { try await queue.state(of: job.id).state == "dead" }
            }
            #expect(try await queue.history(of: job.id) == ["1 dead deadline"])
        }
    }

    @Test func `a graceful stop gives unfinished jobs back with no attempt spent`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { _ in
                try? await Task.sleep(for: .seconds(60))
                return .failed(Failure(.transient(), code: "cut", message: "cut off"))
            }
            let job = queue.newJobs(1)[0]
            try await queue.commit([job])
            try await queue.push([job])
            try await withWorker(queue, kinds, drain: .milliseconds(50)) { _ in
                try await eventually("it runs") { !kinds.attempts(of: job.id).isEmpty }
            }
            #expect(try await queue.state(of: job.id) == ("pending", 1, 0))
            try await queue.join("next")
            #expect(try await queue.step("next").claims.map(\.id) == [job.id], "it is back at once, no lease has to run out")
            #expect(try await queue.history(of: job.id) == [])
        }
    }

    @Test func `second-hand jobs that have ended are not run`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { _ in .succeeded() }
            let jobs = try await queue.commit(queue.newJobs(3))
            _ = try await queue.pool.query("UPDATE jobs SET state = 'succeeded' WHERE id = $1", [.id(jobs[1].id.value)])
            try await queue.push(jobs, knownEpoch: "")
            try await withWorker(queue, kinds) { _ in
                try await eventually("the others succeed") { try await queue.state(of: jobs[2].id).state == "succeeded" }
                try await eventually("the index is empty") { try await queue.index.missing(of: jobs.map(\.id), in: "lane")?.ids.count == 3 }
            }
            #expect(kinds.attempts(of: jobs[1].id).isEmpty)
            #expect(kinds.attempts(of: jobs[0].id) == [1])
        }
    }

    @Test func `a reclaimed job moves its attempt on and the third reclaim buries it`() async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.commit(queue.newJobs(1))[0]
            let confirmation = JobConfirmation(pool: queue.pool)
            for attempt in Int32(2)...3 {
                // Asked twice, as after a lost answer: one death counts once.
                for _ in 1...2 {
                    guard case .run(let runnable) = try await confirmation.reclaim([job.id: attempt - 1])[job.id] else {
                        throw NeverHappened("it may run")
                    }
                    #expect(runnable.attempt == attempt)
                }
            }
            #expect(try await confirmation.reclaim([job.id: 3])[job.id] == .over)
            #expect(try await queue.state(of: job.id).state == "dead")
            #expect(try await queue.history(of: job.id) == ["1 lost worker_lost", "2 lost worker_lost", "3 dead worker_lost"])
            let books = try await queue.audit.books()
            #expect(books.dead == 1 && books.attempts == 3)
        }
    }

    @Test func `a stale lease cannot complete, retry or bury`() async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.commit(queue.newJobs(1))[0]
            let settlements = SettlementWriter(pool: queue.pool, logger: queue.logger)
            _ = try await JobConfirmation(pool: queue.pool).reclaim([job.id: 1])
            try await withThrowingTaskGroup { group in
                group.addTask { try await settlements.run() }
                for ending in [Settlement.Ending.succeeded, .retried, .dead, .snoozed, .cancelled] {
                    let verdict = try await settlements.settle(Settlement(job: job.id, attempt: 1, ending: ending, duration: 1))
                    #expect(verdict == .refused)
                }
                #expect(try await queue.state(of: job.id) == ("pending", 2, 0))
                #expect(try await settlements.settle(Settlement(job: job.id, attempt: 2, ending: .succeeded, duration: 1)) == .applied)
                #expect(try await settlements.settle(Settlement(job: job.id, attempt: 2, ending: .succeeded, duration: 1)) == .refused)
                group.cancelAll()
            }
            #expect(try await queue.audit.books().differences.isEmpty)
        }
    }

    @Test func `a result that the ledger refuses buries its job, one that it cannot take at the moment does not`() async throws {
        let server = try await TestPostgres.exclusive()
        try await QueueFixture.run(databaseURL: server.url) { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            _ = try await queue.pool.query("ALTER TABLE jobs ADD CHECK (error_message <> 'refused')")
            let settlements = SettlementWriter(pool: queue.pool, logger: queue.logger)
            let group = ServiceGroup(services: [settlements], logger: queue.logger)
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                let refused = Settlement(job: jobs[0].id, attempt: 1, ending: .retried, errorMessage: "refused", duration: 1)
                #expect(try await settlements.settle(refused) == .applied)
                await server.stopImmediately()
                await group.triggerGracefulShutdown()
                await #expect(throws: (any Error).self) {
                    try await settlements.settle(Settlement(job: jobs[1].id, attempt: 1, ending: .succeeded, duration: 1))
                }
                try await tasks.waitForAll()
                try await server.restart()
            }
            try await eventually("the ledger answers") { (try? await queue.state(of: jobs[0].id)) != nil }
            #expect(try await queue.history(of: jobs[0].id) == ["1 dead unstorable_result"])
            #expect(try await queue.state(of: jobs[1].id) == ("pending", 1, 0))
        }
        await server.close()
    }

    @Test func `a backlog beyond the window is refilled to the last job`() async throws {
        var tuning = IndexTuning()
        tuning.window = 20
        try await QueueFixture.run(tuning: tuning) { queue in
            let kinds = ScriptedKinds { _ in .succeeded() }
            let jobs = try await queue.commit(queue.newJobs(1000))
            try await queue.push(jobs)
            try await withWorker(queue, kinds) { _ in
                try await eventually("all succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 1000 }
            }
            #expect(kinds.runs.withLock { Set($0.map(\.id)).count } == 1000)
            #expect(kinds.runs.withLock { $0.count } == 1000, "none ran twice")
        }
    }

    @Test func `results wait for a ledger that is away and are settled when it is back`() async throws {
        let server = try await TestPostgres.exclusive()
        try await QueueFixture.run(databaseURL: server.url) { queue in
            let kinds = ScriptedKinds { _ in
                try? await Task.sleep(for: .milliseconds(100))
                return .succeeded()
            }
            let jobs = try await queue.commit(queue.newJobs(10))
            try await queue.push(jobs)
            try await withWorker(queue, kinds) { _ in
                try await eventually("they run") { kinds.runs.withLock { $0.count } == 10 }
                await server.stopImmediately()
                try await Task.sleep(for: .milliseconds(300))
                try await server.restart()
                try await eventually("all succeed", within: .seconds(20)) { (try? await queue.audit.books().succeeded) == 10 }
            }
            #expect(kinds.runs.withLock { $0.count } == 10, "nothing ran twice")
            #expect(try await queue.audit.books().differences.isEmpty)
        }
        await server.close()
    }

    @Test func `a failed job comes back among the retries, one that was snoozed does not`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { job in
                job.lane == "fails"
                    ? .failed(Failure(.transient(retryAfter: .seconds(60)), code: "down", message: "later")) : .snoozed(.seconds(60), reason: "later")
            }
            let jobs = try await queue.commit(queue.newJobs(1, lane: "fails") + queue.newJobs(1, lane: "waits"))
            try await queue.push(jobs)
            try await queue.withWorker(kinds) { _ in
                try await eventually("they are given back") {
                    let look = try await queue.index.look()
                    return look?.held == 0 && look?.due == 2
                }
            }
            for job in jobs { try await queue.hurry(job.id) }
            try await queue.join("next")
            let claims = try await queue.step("next").claims
            #expect(Dictionary(uniqueKeysWithValues: claims.map { ($0.lane, $0.rank.isRetry) }) == ["fails": true, "waits": false])
        }
    }
}
