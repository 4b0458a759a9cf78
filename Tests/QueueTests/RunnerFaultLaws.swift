import Ledger
import LocalStack
import Postgres
import Primitives
import Queue
import Redis
import Synchronization
import TestSupport
import Testing

/// A runner whose stores answer late, wrongly or not at all, or whose attempts do not end.
@Suite struct RunnerFaultLaws {
    private static var lively: IndexTuning {
        var tuning = IndexTuning()
        tuning.beat = .milliseconds(50)
        return tuning
    }

    private let obedient = ScriptedKinds { _ in .succeeded() }

    @Test func `an answer of the ledger that comes after the lease starts nothing`() async throws {
        let server = try await TestRedis.exclusive()
        var tuning = Self.lively
        tuning.lease = .seconds(1)
        try await QueueFixture.run(tuning: tuning, redisURL: server.url) { queue in
            let job = try await queue.commit(queue.newJobs(1))
            try await queue.withWorker(obedient) { runner in
                try await queue.whileJobsAreLocked {
                    try await queue.push(job, knownEpoch: "")
                    try await queue.awaitLocked()
                    server.pause()
                    let silent = ContinuousClock.now
                    try await eventually("its lease has run out, for all that it knows") { ContinuousClock.now - silent >= .milliseconds(1200) }
                }
                try await eventually("it has heard that the job may run") {
                    runner.load.active == 0 || !obedient.runs.withLock { $0.isEmpty }
                }
                #expect(obedient.runs.withLock { $0.isEmpty }, "somebody else may have it by now")
                server.resume()
                try await eventually("the job comes again") { try await queue.state(of: job[0].id).state == "succeeded" }
            }
            #expect(obedient.runs.withLock { $0.count } == 1)
        }
        await server.close()
    }

    @Test func `a worker takes nothing from an index of an earlier life`() async throws {
        try await QueueFixture.run(tuning: Self.lively, opens: false) { queue in
            let job = try await queue.commit(queue.newJobs(1))
            try await queue.open(epoch: 5)
            try await queue.withWorker(obedient) { _ in
                try await eventually("the worker is there") { try await !queue.index.asserted(in: 5).isEmpty }
                // As an older copy that was put back: open, and with a job that it believes to be new.
                _ = try await queue.redis.send(["HSET", .string("v2:{\(queue.index.shard.tag)}:index"), "epoch", "3"])
                try await queue.push(job, knownEpoch: "3")
                var sessions: Set<Int64> = []
                try await eventually("the worker has said several times what it holds") {
                    let sent = try await queue.redis.send(["HVALS", queue.key("sessions", epoch: 3)]).array ?? []
                    sessions.formUnion(sent.compactMap(\.integer))
                    return sessions.count >= 4 || !obedient.runs.withLock { $0.isEmpty }
                }
                #expect(obedient.runs.withLock { $0.isEmpty })
                try await queue.open(epoch: 6)
                try await queue.push(job, knownEpoch: "6")
                try await eventually("it works for the next life") { try await queue.state(of: job[0].id).state == "succeeded" }
            }
        }
    }

    @Test func `a job whose end the ledger cannot take in comes back, and its slot is free`() async throws {
        try await QueueFixture.run(tuning: Self.lively) { queue in
            let refused = try await queue.commit(queue.newJobs(1, lane: "refused")), other = try await queue.commit(queue.newJobs(1))
            _ = try await queue.pool.query("ALTER TABLE jobs ADD CONSTRAINT refusal CHECK (lane <> 'refused' OR state = 'pending')")
            try await queue.push(refused)
            try await queue.withWorker(obedient, slots: 1) { _ in
                try await eventually("it is given back") {
                    let look = try await queue.index.look()
                    return look?.held == 0 && look?.due == 1
                }
                try await queue.push(other)
                try await eventually("another one has its slot") { try await queue.state(of: other[0].id).state == "succeeded" }
                _ = try await queue.pool.query("ALTER TABLE jobs DROP CONSTRAINT refusal")
                try await queue.hurry(refused[0].id)
                try await eventually("it succeeds") { try await queue.state(of: refused[0].id).state == "succeeded" }
            }
            #expect(obedient.attempts(of: refused[0].id) == [1, 1], "nothing of its first end was stored")
            #expect(try await queue.audit.books().differences == [])
        }
    }

    @Test func `a stop gives back at once what waits for a ledger that does not answer`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(3))
            try await queue.withWorker(obedient, patience: .seconds(60)) { _ in
                _ = try await queue.pool.query("ALTER TABLE jobs RENAME TO away")
                try await queue.push(jobs, knownEpoch: "")
                try await eventually("they are claimed") { try await queue.index.look()?.held == 3 }
            }
            #expect(try await queue.index.look()?.held == 0)
            _ = try await queue.pool.query("ALTER TABLE away RENAME TO jobs")
            try await queue.join("next")
            let claims = try await queue.step("next").claims
            #expect(claims.map(\.id) == jobs.map(\.id) && claims.allSatisfy { $0.entry == .secondHand })
            #expect(try await queue.state(of: jobs[0].id) == ("pending", 1, 0))
            #expect(obedient.runs.withLock { $0.isEmpty })
        }
    }

    /// Without `jobs` its attempt cannot be read, without the log it cannot be moved on.
    @Test(arguments: ["jobs", "integration_log"])
    func `what was reclaimed and waits for a ledger that does not answer is still reclaimed after a stop`(missing: String) async throws {
        try await QueueFixture.run(tuning: Self.lively) { queue in
            let job = try await queue.commit(queue.newJobs(1))
            try await queue.push(job)
            try await queue.join("dead")
            #expect(try await queue.step("dead").claims.count == 1)
            _ = try await queue.pool.query("ALTER TABLE \(missing) RENAME TO away")
            try await queue.withWorker(obedient, patience: .seconds(60)) { runner in
                try await eventually("it is reclaimed") {
                    try await queue.endLeases()
                    return runner.load.active == 1
                }
            }
            let claims = try await claimsOfTheNext(queue)
            #expect(claims.map(\.id) == [job[0].id] && claims[0].entry == .reclaimed, "its first worker may still come back")
            #expect(obedient.runs.withLock { $0.isEmpty })
        }
    }

    @Test(.timeLimit(.minutes(1))) func `an attempt that never ends does not hold up a stop, and its job is reclaimed`() async throws {
        try await QueueFixture.run(tuning: Self.lively) { queue in
            let gate = Gate()
            let kinds = ScriptedKinds { _ in
                await gate.pass()
                return .succeeded()
            }
            let job = try await queue.commit(queue.newJobs(1))
            try await queue.push(job)
            try await queue.withWorker(kinds, patience: .milliseconds(200)) { _ in
                try await eventually("it runs") { kinds.attempts(of: job[0].id) == [1] }
            }
            let claims = try await claimsOfTheNext(queue)
            #expect(claims.map(\.id) == [job[0].id] && claims[0].entry == .reclaimed)
            #expect(try await queue.state(of: job[0].id) == ("pending", 1, 0))
            gate.open()
        }
    }

    /// What another worker gets when the leases of those before it have run out.
    private func claimsOfTheNext(_ queue: QueueFixture) async throws -> [LaneIndex.Claim] {
        try await queue.join("next")
        var claims: [LaneIndex.Claim] = []
        try await eventually("it is reclaimed") {
            try await queue.endLeases()
            claims = try await queue.step("next").claims
            return !claims.isEmpty
        }
        return claims
    }
}
