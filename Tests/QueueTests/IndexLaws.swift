import Ledger
import LocalStack
import Postgres
import Primitives
import Queue
import Redis
import TestSupport
import Testing

/// The index by itself: every law a script has to keep, against a real Redis.
@Suite struct IndexLaws {
    @Test func `a settled job cannot be claimed`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(3)
            try await queue.push(jobs)
            try await queue.join("w1")
            let claimed = try await queue.step().claims
            #expect(claimed.map(\.id) == jobs.map(\.id))
            #expect(try await queue.step(settled: jobs.map(\.id)).claims.isEmpty)
            #expect(try await queue.step().claims.isEmpty)
            // A push that comes once more, by whatever road, meets the cursor or the confirmation: it is never first-hand twice in one life of a lane.
            let missing = try #require(try await queue.index.missing(of: jobs.map(\.id), in: "lane"))
            #expect(missing.ids.count == 3)
        }
    }

    @Test func `a push under the epoch it was committed in is first-hand`() async throws {
        try await QueueFixture.run { queue in
            try await queue.push(queue.newJobs(2))
            try await queue.join("w1")
            #expect(try await queue.step().claims.allSatisfy(\.isFirstHand))
        }
    }

    @Test(arguments: ["", "0", "7"])
    func `a push committed under another epoch is second-hand`(epoch: String) async throws {
        try await QueueFixture.run { queue in
            try await queue.push(queue.newJobs(2), knownEpoch: epoch)
            try await queue.join("w1")
            let claims = try await queue.step().claims
            #expect(claims.count == 2 && claims.allSatisfy { $0.entry == .secondHand })
        }
    }

    @Test func `a push that a refill may have overtaken is second-hand`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(3)
            try await queue.commit(jobs)
            let entries = try await queue.waiting.first(10, of: WaitingJobs.Lane(queue: "default", lane: "lane"))
            #expect(try await queue.index.refill("lane", with: entries, epoch: "1", dropped: 0, limit: 1000))
            try await queue.join("w1")
            #expect(try await queue.step().claims.count == 3)
            _ = try await queue.step(settled: jobs.map(\.id))
            // The lane was let go, and with it its cursor: the shard's floor remembers.
            try await queue.push(jobs)
            #expect(try await queue.step().claims.allSatisfy { $0.entry == .secondHand })
        }
    }

    @Test func `two workers never hold one job`() async throws {
        try await QueueFixture.run { queue in
            try await queue.push(queue.newJobs(400))
            let workers = (1...4).map { "w\($0)" }
            for worker in workers { try await queue.join(worker) }
            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for worker in workers {
                    group.addTask {
                        var mine: [JobID] = []
                        while true {
                            let got = try await queue.step(worker, want: 7).claims
                            if got.isEmpty { return mine }
                            mine += got.map(\.id)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == 400 && Set(claimed).count == 400)
        }
    }

    @Test func `an acknowledgement by another worker is not taken`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(1)
            try await queue.push(jobs)
            try await queue.join("w1")
            try await queue.join("w2")
            _ = try await queue.step("w1")
            _ = try await queue.step("w2", settled: jobs.map(\.id))
            #expect(try await queue.index.missing(of: jobs.map(\.id), in: "lane")?.ids.isEmpty == true)
        }
    }

    @Test func `a lane holds no more than its window and says that it left some out`() async throws {
        var tuning = IndexTuning()
        tuning.window = 10
        try await QueueFixture.run(tuning: tuning) { queue in
            let jobs = queue.newJobs(25)
            try await queue.push(jobs)
            let missing = try #require(try await queue.index.missing(of: jobs.map(\.id), in: "lane"))
            #expect(missing.isOverflowing && missing.ids.count == 15)
            try await queue.join("w1")
            // Under half the window the lane asks for more, and says how far to read.
            let step = try await queue.step(want: 6)
            #expect(step.claims.count == 6)
            #expect(step.refills.map(\.lane) == ["lane"] && step.refills.first?.dropped == 15 && step.refills.first?.depth == 16, "ten that it has, and room for six")
            // The order was given to one: nobody else gets it meanwhile.
            try await queue.join("w2")
            #expect(try await queue.step("w2", want: 0).refills.isEmpty)
        }
    }

    @Test func `while a lane overflows nothing enters it past the older jobs in the ledger`() async throws {
        var tuning = IndexTuning()
        tuning.window = 4
        try await QueueFixture.run(tuning: tuning) { queue in
            try await queue.push(queue.newJobs(6))
            try await queue.join("w1")
            #expect(try await queue.step(want: 4).claims.count == 4)
            try await queue.push(queue.newJobs(1))
            #expect(try await queue.step().claims.isEmpty)
        }
    }

    @Test func `a refill never drops a job that an enqueue left out meanwhile`() async throws {
        var tuning = IndexTuning()
        tuning.window = 4
        try await QueueFixture.run(tuning: tuning) { queue in
            let lane = WaitingJobs.Lane(queue: "default", lane: "lane")
            let early = try await queue.commit(queue.newJobs(6))
            try await queue.push(early)
            try await queue.join("w1")
            let step = try await queue.step(want: 4)
            let order = try #require(step.refills.first)
            let read = try await queue.waiting.first(20, of: lane)
            // Between the refiller's read and its answer another job is committed and left out.
            let late = try await queue.commit(queue.newJobs(1))
            try await queue.push(late)
            #expect(try await queue.index.refill("lane", with: read, epoch: "1", dropped: order.dropped, limit: 1000))
            let missing = try #require(try await queue.index.missing(of: late.map(\.id), in: "lane"))
            #expect(missing.ids == late.map(\.id) && missing.isOverflowing, "the mark must stay while somebody was left out")
            // The next refill brings it and clears the mark.
            let ran = step.claims.map(\.id)
            _ = try await queue.pool.query("UPDATE jobs SET state = 'succeeded' WHERE id = ANY($1::uuid[])", [.ids(ran.map(\.value))])
            let next = try #require(try await queue.step(settled: ran, want: 0).refills.first)
            let rest = try await queue.waiting.first(20, of: lane)
            #expect(try await queue.index.refill("lane", with: rest, epoch: "1", dropped: next.dropped, limit: 1000))
            #expect(try await queue.index.missing(of: late.map(\.id), in: "lane")?.ids.isEmpty == true)
        }
    }

    @Test func `a refill read under an older epoch is refused`() async throws {
        try await QueueFixture.run { queue in
            let jobs = try await queue.commit(queue.newJobs(1))
            try await queue.open(epoch: 2)
            let entries = [WaitingJobs.Entry(id: jobs[0].id, priority: 0)]
            #expect(try await !queue.index.refill("lane", with: entries, epoch: "1", dropped: 0, limit: 1000))
        }
    }

    @Test func `lower priority numbers run first and equals by age`() async throws {
        try await QueueFixture.run { queue in
            let late = queue.newJobs(2, priority: 5)
            let usual = queue.newJobs(2, priority: 0)
            let urgent = queue.newJobs(2, priority: -5)
            try await queue.push(late + usual.reversed() + urgent)
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == (urgent + usual + late).map(\.id))
        }
    }

    @Test func `a flooding lane cannot starve the others`() async throws {
        try await QueueFixture.run { queue in
            try await queue.push(queue.newJobs(900, lane: "flood"))
            for number in 1...9 { try await queue.push(queue.newJobs(2, lane: "small\(number)")) }
            try await queue.join("w1")
            let claims = try await queue.step(want: 30).claims
            #expect(claims.count == 30)
            #expect(claims.filter { $0.lane != "flood" }.count == 18, "every small lane is served whole in the first visit of the round")
        }
    }

    @Test func `a lost index is noticed by every caller`() async throws {
        let server = try await TestRedis.exclusive()
        try await QueueFixture.run(redisURL: server.url) { queue in
            let jobs = queue.newJobs(1)
            try await queue.push(jobs)
            try await queue.join("w1")
            _ = try await queue.redis.send(["FLUSHALL"])
            guard case .lost = try await queue.index.step(worker: "w1", epoch: "1", session: 1, settled: [], returned: [], want: 1) else {
                throw NeverHappened("a step on an empty Redis says lost")
            }
            #expect(try await queue.index.enqueue([], knownEpoch: "1") == .lost)
            guard case .lost = try await queue.index.tend(knownEpoch: "1", lastBeat: 1) else { throw NeverHappened("the beat says lost") }
        }
        await server.close()
    }

    @Test func `an older snapshot is noticed by its beat`() async throws {
        try await QueueFixture.run { queue in
            guard case .alive(_, _, let beat, _) = try await queue.index.tend(knownEpoch: "1", lastBeat: 0) else {
                throw NeverHappened("the index is alive")
            }
            guard case .lost = try await queue.index.tend(knownEpoch: "1", lastBeat: beat + 1) else {
                throw NeverHappened("a beat that went backwards is a lost index")
            }
        }
    }

    @Test func `during recovery only re-assertions are taken and pushes mark their lanes`() async throws {
        try await QueueFixture.run { queue in
            let held = queue.newJobs(1, lane: "a")
            try await queue.push(held)
            try await queue.join("w1")
            _ = try await queue.step()
            _ = try await queue.index.reset(to: 2)
            guard case .recovering = try await queue.index.step(worker: "w1", epoch: "1", session: 1, settled: [], returned: [], want: 1) else {
                throw NeverHappened("no claim during recovery")
            }
            let pushed = queue.newJobs(1, lane: "b")
            #expect(
                try await queue.index.enqueue([LaneIndex.Push(id: pushed[0].id, lane: "b", priority: 0)], knownEpoch: "1") == .recovering)
            let assertion = try #require(try await queue.index.reassert(worker: "w1", session: 1, holding: [.of(held[0].id, lane: "a")]))
            #expect(assertion.epoch == "2" && !assertion.isOpen && assertion.refused.isEmpty)
            try await queue.index.open(2)
            #expect(try await queue.index.missing(of: held.map(\.id), in: "a")?.ids.isEmpty == true)
            #expect(try await queue.step(epoch: "2").refills.map(\.lane) == ["b"])
        }
    }

    @Test func `an older copy of the index gives nothing out to a worker that has seen a later beat`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(2)
            try await queue.push(jobs)
            try await queue.join("w1")
            for beat in 0..<3 { _ = try await queue.index.tend(knownEpoch: "1", lastBeat: Int64(beat)) }
            let step = try await queue.step(want: 1)
            #expect(step.beat == 3)
            _ = try await queue.redis.send(["HSET", .string("v2:{\(queue.index.shard.tag)}:index"), "beat", "1"])
            guard case .lost = try await queue.index.step(worker: "w1", epoch: "1", session: 1, beat: step.beat, settled: [], returned: [], want: 1) else {
                throw NeverHappened("it is lost")
            }
            guard case .lost = try await queue.index.step(worker: "w2", epoch: "", session: 0, settled: [], returned: [], want: 1) else {
                throw NeverHappened("it is lost for everybody")
            }
        }
    }
}
