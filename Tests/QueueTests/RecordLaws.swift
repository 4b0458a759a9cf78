import Ledger
import Postgres
import Primitives
import Queue
import ServiceLifecycle
import TestSupport
import Testing

/// What a job leaves behind: its result, what it says while it runs.
@Suite struct RecordLaws {
    @Test func `a result is kept, one that is too large or no JSON is not, and the job succeeds all the same`() async throws {
        try await QueueFixture.run { queue in
            let results = [#"{"n": 1.10}"#, "\"\(String(repeating: "x", count: Settlement.largestResult))\"", "{broken", "null"]
            let jobs = queue.newJobs(5)
            let kinds = ScriptedKinds { job in
                jobs.firstIndex { $0.id == job.id }.map { $0 < 4 ? .succeeded(result: results[$0]) : .succeeded() } ?? .succeeded()
            }
            try await queue.commit(jobs)
            try await queue.push(jobs)
            try await queue.withWorker(kinds) { _ in
                try await eventually("all succeed") { try await queue.audit.books().succeeded == 5 }
            }
            #expect(try await queue.find(jobs[0].id).result == results[0])
            #expect(try await queue.find(jobs[1].id).result == nil)
            #expect(try await queue.find(jobs[1].id).job.errorMessage == "its result of 65538 bytes is larger than what is kept")
            #expect(try await queue.find(jobs[2].id).result == nil)
            #expect(try await queue.find(jobs[3].id).result == "null")
            #expect(try await queue.find(jobs[4].id).result == nil)
        }
    }

    @Test func `the latest report of a running job is shown, whatever its text`() async throws {
        try await QueueFixture.run { queue in
            let job = try await queue.commit(queue.newJobs(1))[0]
            let writer = ProgressWriter(pool: queue.pool)
            let group = ServiceGroup(services: [writer], logger: queue.logger)
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                writer.report(ProgressWriter.Report(job: job.id, attempt: 1, progress: 0.1, text: "begun"))
                writer.report(ProgressWriter.Report(job: job.id, attempt: 1, progress: 0.256, text: "a\u{0}b" + String(repeating: "ü", count: 600)))
                try await eventually("it is shown") { try await queue.find(job.id).progress?.percent == 25.6 }
                let text = try await queue.find(job.id).progress?.text
                #expect(text?.hasPrefix("a\u{FFFD}b") == true && text?.count == 500)
                for odd in [Double.nan, .infinity, -1, 2] {
                    _ = ProgressWriter.Report(job: job.id, attempt: 1, progress: odd, text: "")
                }
                writer.report(ProgressWriter.Report(job: job.id, attempt: 2, progress: nil, text: "alive"))
                try await eventually("it is replaced") {
                    let progress = try await queue.find(job.id).progress
                    return progress?.text == "alive" && progress?.percent == nil && progress?.attempt == 2
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            _ = try await queue.pool.query("UPDATE jobs SET state = 'succeeded', settled_at = now()")
            #expect(try await queue.find(job.id).progress == nil)
            _ = try await queue.pool.query("UPDATE job_progress SET at = now() - interval '2 minutes'")
            try await ProgressWriter.prune(on: queue.pool)
            #expect(try await queue.pool.query("SELECT 1 FROM job_progress").isEmpty)
        }
    }

    @Test func `a job for years ahead stays in the ledger until then`() async throws {
        try await QueueFixture.run { queue in
            var jobs = queue.newJobs(2)
            jobs[0].runAt = 253_370_764_800_000_000  // the year 9999
            jobs[1].runAt = 32_503_680_000_000_000  // the year 3000
            let answers = try await queue.accept(jobs)
            #expect(answers.allSatisfy { $0.delay > 1_000_000_000_000_000 })
            _ = try await queue.index.enqueue(
                zip(jobs, answers).map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: 0, delay: $1.delay) }, knownEpoch: "1")
            try await queue.join("w1")
            #expect(try await queue.step().claims.isEmpty)
            #expect(try await queue.find(jobs[0].id).job.runAt == jobs[0].runAt)
            #expect(try await JobConfirmation(pool: queue.pool).confirm(jobs.map(\.id)).values.allSatisfy { if case .wait = $0 { true } else { false } })
        }
    }

    @Test func `what an older attempt says after a newer one is not shown`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            let writer = ProgressWriter(pool: queue.pool)
            func say(_ text: String, of job: Int = 0, attempt: Int32) {
                writer.report(ProgressWriter.Report(job: jobs[job].id, attempt: attempt, progress: nil, text: text))
            }
            func shown(_ job: Int) async throws -> String? { try await queue.find(jobs[job].id).progress?.text }
            // Both before the first write: a process may run the newer attempt beside one that does not stop.
            say("new", attempt: 2)
            say("old", attempt: 1)
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await writer.run() }
                defer { tasks.cancelAll() }
                try await eventually("something is shown") { try await shown(0) != nil }
                #expect(try await shown(0) == "new")
                // As from another process, in a later write: the other job's word tells that it was made.
                say("old", attempt: 1)
                say("done", of: 1, attempt: 1)
                try await eventually("the other job's is shown") { try await shown(1) == "done" }
                #expect(try await shown(0) == "new")
            }
        }
    }
}
