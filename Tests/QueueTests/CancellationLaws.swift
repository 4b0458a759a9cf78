import Ledger
import LocalStack
import Postgres
import Primitives
import Queue
import Synchronization
import TestSupport
import Testing

/// Cancelling by whoever may: waiting jobs at once, running ones soon, and none of them twice.
@Suite struct CancellationLaws {
    /// Runs until it is told to stop, and says then what the test wants it to.
    private func patient(_ outcome: Outcome) -> ScriptedKinds {
        ScriptedKinds { _ in
            await untilCancelled()
            return outcome
        }
    }

    @Test(arguments: [
        Outcome.failed(Failure(.transient(), code: "cut", message: "cut off")), .failed(Failure(.permanent, code: "cut", message: "cut off")),
        .snoozed(.seconds(1), reason: "not now"), .cancelled(reason: "its own word"),
    ])
    func `an operator's cancel is not a retry`(outcome: Outcome) async throws {
        try await QueueFixture.run { queue in
            let kinds = patient(outcome)
            let job = queue.newJobs(1)[0]
            try await queue.commit([job])
            try await queue.push([job])
            try await queue.withWorker(kinds) { _ in
                try await eventually("it runs") { kinds.attempts(of: job.id) == [1] }
                let answer = try await queue.canceller.cancel(job.id, workspace: queue.workspace, reason: "a mistake", by: "somebody")
                #expect(answer == .cancelling)
                try await eventually("it is cancelled") { try await queue.state(of: job.id).state == "cancelled" }
            }
            #expect(kinds.attempts(of: job.id) == [1])
            #expect(try await queue.history(of: job.id) == ["1 cancelled cancelled"])
            #expect(try await queue.find(job.id).job.errorMessage == "a mistake")
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a cancelled job that is running is told within two seconds`() async throws {
        // By a word to its worker: the next beat is far away.
        var tuning = IndexTuning()
        (tuning.lease, tuning.beat) = (.seconds(120), .seconds(60))
        try await QueueFixture.run(tuning: tuning) { queue in
            let kinds = patient(.cancelled(reason: "told"))
            let job = queue.newJobs(1)[0]
            try await queue.commit([job])
            try await queue.push([job])
            try await queue.withWorker(kinds) { _ in
                try await eventually("it runs") { kinds.attempts(of: job.id) == [1] }
                _ = try await queue.canceller.cancel(job.id, workspace: queue.workspace, reason: "a mistake", by: "somebody")
                try await eventually("it is told", within: .seconds(2)) { try await queue.state(of: job.id).state == "cancelled" }
            }
        }
    }

    @Test func `a job that succeeds all the same counts as succeeded`() async throws {
        try await QueueFixture.run { queue in
            let kinds = patient(.succeeded())
            let job = queue.newJobs(1)[0]
            try await queue.commit([job])
            try await queue.push([job])
            try await queue.withWorker(kinds) { _ in
                try await eventually("it runs") { kinds.attempts(of: job.id) == [1] }
                _ = try await queue.canceller.cancel(job.id, workspace: queue.workspace, reason: "too late", by: "somebody")
                try await eventually("it succeeds") { try await queue.state(of: job.id).state == "succeeded" }
            }
            let again = try await queue.canceller.cancel(job.id, workspace: queue.workspace, reason: "too late", by: "somebody")
            #expect(again == .ended(.succeeded))
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a waiting job is cancelled at once, once, and never runs`() async throws {
        try await QueueFixture.run { queue in
            let kinds = ScriptedKinds { _ in .succeeded() }
            var jobs = queue.newJobs(3)
            jobs[2].runAt = 4_000_000_000_000_000
            try await queue.commit(jobs)
            try await queue.push([jobs[0]])
            for job in jobs {
                for _ in 1...2 {
                    let answer = try await queue.canceller.cancel(job.id, workspace: queue.workspace, reason: "no more", by: "somebody")
                    #expect(answer == .cancelled)
                }
            }
            let other = WorkspaceID(IdentifierSource.system.next())
            #expect(try await queue.canceller.cancel(jobs[0].id, workspace: other, reason: "not mine", by: "x") == nil)
            try await queue.push([jobs[1]])
            try await queue.withWorker(kinds) { _ in
                try await eventually("the late push is done with") {
                    try await queue.index.missing(of: jobs.map(\.id), in: "lane")?.ids.count == 3
                }
            }
            #expect(kinds.runs.withLock { $0.isEmpty })
            let books = try await queue.audit.books()
            #expect(books.cancelled == 3 && books.attempts == 0 && books.differences == [])
            let actions = try await queue.pool.query("SELECT actor FROM operator_actions WHERE action = 'jobs.cancel'")
            #expect(actions.count == 3)
        }
    }

    @Test func `a mark that its process left behind is carried out by the leader`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            try await queue.push(jobs)
            _ = try await queue.cancellation.mark(jobs[0].id, workspace: queue.workspace, reason: "no more", by: "somebody")
            #expect(try await queue.state(of: jobs[0].id).state == "pending")
            try await queue.canceller.endMarked()
            #expect(try await queue.state(of: jobs[0].id).state == "cancelled")
            #expect(try await queue.state(of: jobs[1].id).state == "pending")
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == [jobs[1].id])
        }
    }

    @Test func `a marked job does not start, and does not come again`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            for job in jobs { _ = try await queue.cancellation.mark(job.id, workspace: queue.workspace, reason: "no more", by: "somebody") }
            #expect(try await JobConfirmation(pool: queue.pool).confirm([jobs[0].id]) == [jobs[0].id: .over])
            #expect(try await queue.state(of: jobs[0].id).state == "cancelled")
            let verdict = try await queue.withSettlements {
                try await $0.settle(Settlement(job: jobs[1].id, attempt: 1, ending: .retried, delay: 5, errorClass: "boom", duration: 1))
            }
            #expect(verdict == .cancelled)
            #expect(try await queue.state(of: jobs[1].id).state == "cancelled")
            #expect(try await queue.history(of: jobs[1].id) == ["1 cancelled cancelled"])
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `an attempt that ignores its cancellation is settled without it and keeps its slot`() async throws {
        try await QueueFixture.run { queue in
            let gate = Mutex<CheckedContinuation<Void, Never>?>(nil)
            let kinds = ScriptedKinds(deadline: .milliseconds(10)) { job in
                if job.attempt > 1 || job.payload.contains("1}") { return .succeeded() }
                await withCheckedContinuation { continuation in gate.withLock { $0 = continuation } }
                return .succeeded()
            }
            let jobs = queue.newJobs(2)
            try await queue.commit([jobs[0]])
            try await queue.push([jobs[0]])
            try await queue.withWorker(kinds, slots: 2, patience: .milliseconds(100)) { runner in
                try await eventually("its next attempt succeeds") { try await queue.state(of: jobs[0].id).state == "succeeded" }
                #expect(runner.stuckAttempts == 1)
                try await queue.commit([jobs[1]])
                try await queue.push([jobs[1]])
                try await eventually("another job runs beside it") { try await queue.state(of: jobs[1].id).state == "succeeded" }
                gate.withLock { $0 }?.resume()
                try await eventually("its slot is free") { runner.stuckAttempts == 0 }
            }
            #expect(try await queue.history(of: jobs[0].id) == ["1 retried deadline", "2 succeeded"])
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a worker whose only attempt is stuck claims nothing`() async throws {
        var tuning = IndexTuning()
        tuning.beat = .milliseconds(50)
        try await QueueFixture.run(tuning: tuning) { queue in
            let gate = Gate(), stuck = try await queue.commit(queue.newJobs(1)), other = try await queue.commit(queue.newJobs(1))
            let kinds = ScriptedKinds(deadline: .milliseconds(10)) { job in
                if job.id == stuck[0].id && job.attempt == 1 { await gate.pass() }
                return .succeeded()
            }
            try await queue.push(stuck)
            try await queue.withWorker(kinds, slots: 1, patience: .milliseconds(100)) { runner in
                try await eventually("it is settled without its word") { try await queue.state(of: stuck[0].id).attempt == 2 }
                try await queue.push(other)
                try await queue.awaitSteps()
                #expect(runner.stuckAttempts == 1 && runner.load.active == 1)
                #expect(kinds.runs.withLock { $0.count } == 1, "its slot is the only one")
                gate.open()
                try await eventually("its slot is free") { try await queue.audit.books().succeeded == 2 }
            }
        }
    }

    @Test func `a job's own deadline overrides its kind's`() async throws {
        try await QueueFixture.run { queue in
            let kinds = patient(.failed(Failure(.transient(), code: "cut", message: "cut off")))
            var job = queue.newJobs(1, maxAttempts: 1)[0]
            job.deadline = 20_000
            let given = job
            try await queue.commit([given])
            try await queue.push([given])
            try await queue.withWorker(kinds) { _ in
                try await eventually("it is buried") { try await queue.state(of: given.id).state == "dead" }
            }
            #expect(try await queue.history(of: given.id) == ["1 dead deadline"])
            #expect(try await queue.find(given.id).job.errorMessage == "the attempt took longer than 0.02 s")
        }
    }
}

/// Returns when the task is cancelled.
func untilCancelled() async {
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    for await _ in stream {}
    continuation.finish()
}
