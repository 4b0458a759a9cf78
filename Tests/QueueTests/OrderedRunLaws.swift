import Foundation
import Ledger
import Primitives
import Queue
import Synchronization
import TestSupport
import Testing

/// Order and limits through the whole engine: ledger, index and runner.
@Suite struct OrderedRunLaws {
    /// Fails each job's first attempts at random, so that retries come between.
    private func failing(_ share: Double) -> ScriptedKinds {
        ScriptedKinds { job in
            job.attempt < 3 && Double.random(in: 0..<1) < share ? .failed(Failure(.transient(), code: "again", message: "once more")) : .succeeded()
        }
    }

    private func make(strict lane: String, in queue: QueueFixture) async throws {
        let settings = try await LaneSettingsTable(pool: queue.pool).setLimits(
            LaneLimits(isStrict: true), of: LanePlace(queue: "default", lane: lane, workspace: queue.workspace), actor: "test")
        try await queue.index.configure([settings])
    }

    /// The ids in the order of their last attempts' ends, of which no other job's attempt may lie in between.
    private func expectOneAfterAnother(_ runs: [RunnableJob], _ jobs: [NewJob], _ comment: Comment) {
        var order: [JobID] = []
        for run in runs where order.last != run.id { order.append(run.id) }
        #expect(order == jobs.map(\.id), comment)
    }

    @Test func `a strict lane runs its jobs in order, each with all of its retries before the next`() async throws {
        try await QueueFixture.run { queue in
            try await make(strict: "lane", in: queue)
            let kinds = failing(0.5)
            let jobs = try await queue.commit(queue.newJobs(30, maxAttempts: 5))
            try await queue.push(jobs)
            try await withWorker(queue, kinds) { _ in
                try await eventually("all succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 30 }
            }
            expectOneAfterAnother(kinds.runs.withLock { $0 }, jobs, "in order")
            #expect(try await queue.audit.books().differences.isEmpty)
        }
    }

    @Test func `a strict lane keeps its order when pushes come late or not at all`() async throws {
        try await QueueFixture.run { queue in
            try await make(strict: "lane", in: queue)
            let kinds = failing(0.3)
            let jobs = try await queue.commit(queue.newJobs(20, maxAttempts: 5))
            // The last ones come first, every third one never.
            try await queue.push(jobs.enumerated().filter { $0.offset % 3 != 0 }.map(\.element).reversed())
            try await withWorker(queue, kinds) { _ in
                try await eventually("all succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 20 }
            }
            expectOneAfterAnother(kinds.runs.withLock { $0 }, jobs, "what is first in the ledger runs first, and is brought into the index by the next one")
        }
    }

    @Test func `a strict lane's retry is still first after the index was lost`() async throws {
        try await QueueFixture.run { queue in
            try await make(strict: "lane", in: queue)
            let isBroken = Mutex(true)
            let kinds = ScriptedKinds { _ in
                isBroken.withLock { $0 } ? .failed(Failure(.transient(retryAfter: .seconds(3)), code: "down", message: "not yet")) : .succeeded()
            }
            let jobs = try await queue.commit(queue.newJobs(3, maxAttempts: 5))
            try await queue.push(jobs)
            try await withWorker(queue, kinds) { _ in
                try await eventually("the first one waits for its retry") { try await queue.state(of: jobs[0].id).attempt == 2 }
                isBroken.withLock { $0 = false }
                _ = try await queue.index.reset(to: 2)
                _ = try await queue.index.mark(["lane"])
                let settings = try await LaneSettingsTable(pool: queue.pool).all(of: "default")
                try await queue.index.configure(settings)
                try await queue.index.open(2)
                try await eventually("all succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 3 }
            }
            expectOneAfterAnother(kinds.runs.withLock { $0 }, jobs, "the ledger kept its place")
        }
    }

    @Test func `jobs of a lane key run one after another while other keys go on`() async throws {
        try await QueueFixture.run { queue in
            let running = Mutex<[String: Int]>([:])
            let overlaps = Mutex(0)
            let kinds = ScriptedKinds { job in
                let key = job.laneKey ?? ""
                running.withLock { running in
                    running[key, default: 0] += 1
                    if running[key] != 1 { overlaps.withLock { $0 += 1 } }
                }
                await Task.yield()
                running.withLock { $0[key, default: 0] -= 1 }
                return job.attempt < 3 && Int.random(in: 0..<3) == 0 ? .failed(Failure(.transient(), code: "again", message: "once more")) : .succeeded()
            }
            var jobs: [String: [NewJob]] = [:]
            for key in ["a", "b", "c", "d"] { jobs[key] = queue.newJobs(25, maxAttempts: 5, laneKey: key) }
            let all = try await queue.commit((0..<25).flatMap { n in jobs.keys.sorted().compactMap { jobs[$0]?[n] } })
            try await queue.push(all.shuffled())
            try await withWorker(queue, kinds) { _ in
                try await eventually("all succeed", within: .seconds(40)) { try await queue.audit.books().succeeded == 100 }
            }
            #expect(overlaps.withLock { $0 } == 0)
            for (key, jobs) in jobs { expectOneAfterAnother(kinds.runs.withLock { $0.filter { $0.laneKey == key } }, jobs, "key \(key)") }
            #expect(try await queue.audit.books().differences.isEmpty)
        }
    }

    @Test func `a job of a key does not pass one whose push was lost`() async throws {
        try await QueueFixture.run { queue in
            let kinds = failing(0)
            let jobs = try await queue.commit(queue.newJobs(3, laneKey: "a")), other = try await queue.commit(queue.newJobs(1, laneKey: "b"))
            let answers = try await JobConfirmation(pool: queue.pool).confirm([jobs[2].id, other[0].id])
            let head = WaitingJobs.Entry(id: jobs[0].id, priority: 0, laneKey: "a")
            #expect(answers[jobs[2].id] == .behind(head, attempt: 1))
            guard case .run = answers[other[0].id] else { throw NeverHappened("another key does not wait") }
            try await queue.push([jobs[2]] + other)
            try await withWorker(queue, kinds) { _ in
                try await eventually("all succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 4 }
            }
            expectOneAfterAnother(kinds.runs.withLock { $0.filter { $0.laneKey == "a" } }, jobs, "each is brought into the index by the next one")
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["VOICERA_LONG_TESTS"] != nil, "takes 100 seconds"))
    func `ten thousand jobs at a hundred a second take a hundred seconds`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(interval: 10_000))])
            let kinds = ScriptedKinds { _ in .succeeded() }
            let jobs = queue.newJobs(10_000)
            for first in stride(from: 0, to: jobs.count, by: 500) {
                let page = try await queue.commit(Array(jobs[first..<first + 500]))
                try await queue.push(page)
            }
            let clock = ContinuousClock()
            let begun = clock.now
            try await withWorker(queue, kinds) { _ in
                try await eventually("all have run", within: .seconds(150)) { kinds.runs.withLock { $0.count } == 10_000 }
            }
            let took = clock.now - begun
            print("FIGURE 10,000 jobs at 100/s took \(took)")
            #expect(took > .seconds(98) && took < .seconds(102), "\(took)")
        }
    }

    @Test func `a job that comes before all of a full window runs first`() async throws {
        var tuning = IndexTuning()
        tuning.window = 4
        try await QueueFixture.run(tuning: tuning) { queue in
            try await make(strict: "lane", in: queue)
            let kinds = failing(0.2)
            let jobs = try await queue.commit(queue.newJobs(12, priority: 5))
            try await queue.push(jobs)
            let urgent = try await queue.commit(queue.newJobs(1))
            try await queue.push(urgent)
            try await withWorker(queue, kinds) { _ in
                try await eventually("all succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 13 }
            }
            expectOneAfterAnother(kinds.runs.withLock { $0 }, urgent + jobs, "none of the window may run before it")
        }
    }

    @Test func `a reclaimed job that another one has come before has lost its attempt all the same`() async throws {
        var tuning = IndexTuning()
        tuning.lease = .milliseconds(400)
        tuning.beat = .milliseconds(50)
        try await QueueFixture.run(tuning: tuning) { queue in
            try await make(strict: "lane", in: queue)
            let kinds = failing(0)
            let job = try await queue.commit(queue.newJobs(1, priority: 5))
            try await queue.push(job)
            try await queue.join("dead")
            #expect(try await queue.step("dead").claims.count == 1)
            let urgent = try await queue.commit(queue.newJobs(1))
            try await withWorker(queue, kinds) { _ in
                try await eventually("both succeed", within: .seconds(30)) { try await queue.audit.books().succeeded == 2 }
            }
            #expect(kinds.runs.withLock { $0.map(\.id) } == [urgent[0].id, job[0].id])
            #expect(kinds.attempts(of: job[0].id) == [2], "its first worker may still come back")
        }
    }
}
