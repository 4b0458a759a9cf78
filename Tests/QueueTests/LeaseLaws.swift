import Ledger
import LocalStack
import Primitives
import Queue
import Redis
import TestSupport
import Testing

/// Leases, and what happens to the jobs of workers that die, sleep or miss an answer.
@Suite struct LeaseLaws {
    /// A short lease; the tests wait for it to run out by asking, never by the clock.
    static var tuning: IndexTuning {
        var tuning = IndexTuning()
        tuning.lease = .milliseconds(400)
        return tuning
    }

    @Test func `jobs of a dead worker are claimed by another and marked as reclaimed`() async throws {
        try await QueueFixture.run(tuning: Self.tuning) { queue in
            let jobs = queue.newJobs(5)
            try await queue.push(jobs)
            try await queue.join("dead")
            #expect(try await queue.step("dead").claims.count == 5)
            try await queue.join("alive")
            var reclaimed: [LaneIndex.Claim] = []
            try await eventually("the jobs are reclaimed") {
                reclaimed += try await queue.step("alive").claims
                return reclaimed.count == 5
            }
            #expect(reclaimed.allSatisfy { $0.entry == .reclaimed })
            #expect(reclaimed.map(\.id) == jobs.map(\.id))
        }
    }

    @Test func `a worker that lost its lease is a stranger and gets refused what others have`() async throws {
        try await QueueFixture.run(tuning: Self.tuning) { queue in
            let jobs = queue.newJobs(3)
            try await queue.push(jobs)
            try await queue.join("zombie")
            _ = try await queue.step("zombie")
            try await queue.join("alive")
            var taken: [JobID] = []
            try await eventually("two jobs are reclaimed") {
                taken += try await queue.step("alive", want: 2 - taken.count).claims.map(\.id)
                return taken.count == 2
            }
            guard case .stranger = try await queue.index.step(worker: "zombie", epoch: "1", session: 1, settled: [], returned: [], want: 1) else {
                throw NeverHappened("the zombie is a stranger")
            }
            let assertion = try #require(try await queue.index.reassert(worker: "zombie", session: 2, holding: jobs.map { .of($0.id) }))
            #expect(Set(assertion.refused) == Set(taken), "what waits may be taken back, what another one has may not")
            #expect(try await queue.step("alive").claims.isEmpty)
        }
    }

    @Test func `when the index was away the leases start anew`() async throws {
        let server = try await TestRedis.exclusive()
        try await QueueFixture.run(tuning: Self.tuning, redisURL: server.url) { queue in
            let jobs = queue.newJobs(3)
            try await queue.push(jobs)
            try await queue.join("w1")
            try await queue.join("w2")
            #expect(try await queue.step("w1").claims.count == 3)
            server.pause()
            try await Task.sleep(for: .milliseconds(600))
            server.resume()
            var steps = 0
            // The first to come back would otherwise find the other one's lease run out.
            try await eventually("the index answers again") {
                guard let step = try? await queue.step("w2") else { return false }
                #expect(step.claims.isEmpty)
                steps += 1
                return true
            }
            #expect(steps == 1)
            #expect(try await queue.step("w1", settled: jobs.map(\.id)).claims.isEmpty)
        }
        await server.close()
    }

    @Test func `what a lost answer gave a worker goes back to its lane`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(4)
            try await queue.push(jobs)
            try await queue.join("w1")
            _ = try await queue.step(want: 3)
            // The answer never came: the worker knows of the first job only, from before.
            _ = try await queue.index.reassert(worker: "w1", session: 2, holding: [.of(jobs[0].id)])
            let claims = try await queue.step(session: 2).claims
            #expect(Set(claims.map(\.id)) == Set(jobs.dropFirst().map(\.id)))
            #expect(claims.filter { $0.entry == .secondHand }.count == 2, "they may have been started: the ledger is asked")
        }
    }

    @Test func `a step that arrives after a later re-assertion claims nothing`() async throws {
        try await QueueFixture.run { queue in
            try await queue.push(queue.newJobs(2))
            try await queue.join("w1")
            // Sent in session 1, timed out, overtaken on another connection by session 2: nobody would run what it claims.
            try await queue.join("w1", session: 2)
            guard case .stranger = try await queue.index.step(worker: "w1", epoch: "1", session: 1, settled: [], returned: [], want: 2) else {
                throw NeverHappened("the late step is refused")
            }
            #expect(try await queue.index.reassert(worker: "w1", session: 1, holding: []) == nil, "nor is a late assertion taken")
            #expect(try await queue.step(session: 2).claims.count == 2)
        }
    }

    @Test func `a worker with a free slot is woken for new work, whatever it is running`() async throws {
        try await QueueFixture.run { queue in
            try await queue.join("w1")
            var wakeUps = queue.index.wakeUps(of: "w1").makeAsyncIterator()
            #expect(await wakeUps.next() == .reconnected)
            try await queue.push(queue.newJobs(1))
            #expect(try await queue.step(want: 2).claims.count == 1)
            try await queue.push(queue.newJobs(1))
            guard case .message = await wakeUps.next() else { throw NeverHappened("the worker is woken") }
        }
    }

    @Test func `a released job is at the head of its lane`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(3)
            try await queue.push(jobs)
            try await queue.join("w1")
            _ = try await queue.step(want: 1)
            let claims = try await queue.step(returned: [LaneIndex.Return(id: jobs[0].id, delay: 0)]).claims
            #expect(claims.map(\.id) == jobs.map(\.id))
            #expect(claims.first?.entry == .secondHand)
        }
    }

    @Test func `promotion moves each due job once with two promoters racing`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(50)
            let clock = ContinuousClock()
            let begun = clock.now
            _ = try await queue.index.enqueue(
                jobs.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: 0, delay: 500_000) }, knownEpoch: "1")
            try await queue.join("w1")
            try await queue.join("w2")
            var claimed = try await queue.step("w1").claims.map(\.id)
            #expect(claimed.isEmpty || clock.now - begun >= .milliseconds(500), "not before their time")
            try await eventually("all are promoted") {
                async let first = queue.step("w1").claims.map(\.id)
                async let second = queue.step("w2").claims.map(\.id)
                claimed += try await first + second
                return claimed.count >= 50
            }
            #expect(claimed.count == 50 && Set(claimed).count == 50)
        }
    }

    @Test func `a refill whose order was lost is given to the next one, not when its time is over`() async throws {
        try await QueueFixture.run { queue in
            try await queue.join("w1")
            try await queue.join("w2")
            _ = try await queue.index.mark(["lane"])
            #expect(try await queue.step("w1").refills.map(\.lane) == ["lane"])
            #expect(try await queue.step("w2").refills.isEmpty, "one at a time")
            // Its answer never came: it asserts what it has.
            _ = try await queue.index.reassert(worker: "w1", session: 2, holding: [])
            #expect(try await queue.step("w2").refills.map(\.lane) == ["lane"])
        }
    }

    @Test func `a worker that stops in good order leaves no lease behind, unless something is held`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(2))
            try await queue.push([jobs[0]])
            try await queue.withWorker(ScriptedKinds { _ in .succeeded() }) { _ in
                try await eventually("it works") { try await queue.state(of: jobs[0].id).state == "succeeded" }
            }
            #expect(try await queue.redis.send(["ZCARD", queue.key("leases")]).integer == 0)
            #expect(try await queue.index.asserted(in: 1).isEmpty, "a rebuild does not wait for it")
            try await queue.join("w1")
            try await queue.push([jobs[1]])
            #expect(try await queue.step().claims.count == 1)
            try await queue.index.leave(worker: "w1")
            #expect(try await queue.step(settled: [jobs[1].id]).claims.isEmpty, "what it holds is its own until its lease has run out")
            try await queue.index.leave(worker: "w1")
            guard case .stranger = try await queue.index.step(worker: "w1", epoch: "1", session: 1, settled: [], returned: [], want: 1) else {
                throw NeverHappened("it has gone")
            }
        }
    }
}
