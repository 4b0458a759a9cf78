import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// Strict lanes, lane keys, and the share of retries.
@Suite struct OrderLaws {
    @Test func `the head of a strict lane holds it while it waits for its retry`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(isStrict: true))])
            let jobs = queue.newJobs(3)
            try await queue.push(jobs)
            try await queue.join("w1")
            let first = try await queue.step().claims
            #expect(first.map(\.id) == [jobs[0].id] && first[0].isStrict && !first[0].isFirstHand, "the ledger is asked whether it is the first")
            let held = try await queue.step(returned: [LaneIndex.Return(id: jobs[0].id, delay: 40_000, isRetry: true)])
            #expect(held.claims.isEmpty && held.wait.map { $0 > .zero && $0 <= .milliseconds(40) } == true)
            var next: [LaneIndex.Claim] = []
            try await eventually("its retry is due") {
                next = try await queue.step().claims
                return !next.isEmpty
            }
            #expect(next.map(\.id) == [jobs[0].id], "and comes before the others")
            #expect(try await queue.step(settled: [jobs[0].id]).claims.map(\.id) == [jobs[1].id])
        }
    }

    @Test func `jobs of one lane key run one after another and others beside them`() async throws {
        try await QueueFixture.run { queue in
            let a = queue.newJobs(3, laneKey: "a"), b = queue.newJobs(2, laneKey: "b"), free = queue.newJobs(2)
            try await queue.push(a + b + free)
            try await queue.join("w1")
            let first = try await queue.step().claims
            #expect(Set(first.map(\.id)) == Set([a[0].id, b[0].id, free[0].id, free[1].id]))
            #expect(try await queue.step(settled: [free[0].id]).claims.isEmpty, "a key's next job waits for its head alone")
            #expect(try await queue.step(settled: [a[0].id]).claims.map(\.id) == [a[1].id])
            #expect(try await queue.step(settled: [b[0].id]).claims.map(\.id) == [b[1].id])
        }
    }

    @Test func `a key waits while its head waits for a retry`() async throws {
        try await QueueFixture.run { queue in
            let a = queue.newJobs(2, laneKey: "a")
            try await queue.push(a)
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == [a[0].id])
            #expect(try await queue.step(returned: [LaneIndex.Return(id: a[0].id, delay: 30_000, isRetry: true)]).claims.isEmpty)
            var next: [LaneIndex.Claim] = []
            try await eventually("the retry is due") {
                next = try await queue.step().claims
                return !next.isEmpty
            }
            #expect(next.map(\.id) == [a[0].id])
        }
    }

    @Test func `a key's head that dies with its worker is the head again`() async throws {
        var tuning = IndexTuning()
        tuning.lease = .milliseconds(300)
        try await QueueFixture.run(tuning: tuning) { queue in
            let a = queue.newJobs(2, laneKey: "a")
            try await queue.push(a)
            try await queue.join("w1")
            #expect(try await queue.step("w1").claims.map(\.id) == [a[0].id])
            try await queue.join("w2")
            var next: [LaneIndex.Claim] = []
            try await eventually("the lease is over") {
                next = try await queue.step("w2").claims
                return !next.isEmpty
            }
            #expect(next.map(\.id) == [a[0].id] && next[0].entry == .reclaimed)
        }
    }

    @Test func `retries do not crowd out first attempts, nor those the retries`() async throws {
        try await QueueFixture.run { queue in
            let again = queue.newJobs(50)
            _ = try await queue.index.enqueue(again.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: 0, isRetry: true) }, knownEpoch: "1")
            let fresh = queue.newJobs(50)
            try await queue.push(fresh)
            try await queue.join("w1")
            let retries = Set(again.map(\.id))
            let claims = try await queue.step(want: 20).claims
            #expect(claims.count(where: { retries.contains($0.id) }) == 10)
            var turns: [Bool] = []
            for _ in 0..<6 { turns.append(retries.contains(try await queue.step(want: 1).claims[0].id)) }
            #expect(turns.count(where: { $0 }) == 3, "one at a time they take turns: \(turns)")
            #expect(try await queue.step(want: 200).claims.count == 74, "what one side does not use is the other's")
        }
    }

    @Test func `a storm of retries leaves first attempts their window`() async throws {
        var tuning = IndexTuning()
        tuning.window = 20
        try await QueueFixture.run(tuning: tuning) { queue in
            let again = queue.newJobs(100)
            _ = try await queue.index.enqueue(again.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: 0, isRetry: true) }, knownEpoch: "1")
            let fresh = queue.newJobs(15)
            try await queue.push(fresh)
            try await queue.join("w1")
            let claims = Set(try await queue.step(want: 100).claims.map(\.id))
            #expect(claims.isSuperset(of: fresh.map(\.id)) && claims.count == 25, "ten retries are half a window")
        }
    }

    @Test func `a delayed job of a lane key still has its key when its time comes`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(2, laneKey: "a"), marker = queue.newJobs(1, lane: "other")
            try await queue.push([jobs[0]])
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == [jobs[0].id])
            _ = try await queue.index.enqueue(
                [
                    LaneIndex.Push(id: jobs[1].id, lane: "lane", priority: 0, laneKey: "a", delay: 20_000),
                    LaneIndex.Push(id: marker[0].id, lane: "other", priority: 0, delay: 20_000),
                ], knownEpoch: "1")
            var claims: [JobID] = []
            try await eventually("their time has come") {
                claims += try await queue.step().claims.map(\.id)
                return !claims.isEmpty
            }
            #expect(claims == [marker[0].id], "the key's first job is still held")
            #expect(try await queue.step(settled: [jobs[0].id]).claims.map(\.id) == [jobs[1].id])
        }
    }

    @Test func `a lane that becomes strict has one order and asks about all it has`() async throws {
        try await QueueFixture.run { queue in
            let again = queue.newJobs(2), fresh = queue.newJobs(2)
            try await queue.push(fresh)
            _ = try await queue.index.enqueue(again.map { LaneIndex.Push(id: $0.id, lane: "lane", priority: 0, isRetry: true) }, knownEpoch: "1")
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(isStrict: true))])
            try await queue.join("w1")
            var settled: [JobID] = []
            for job in again + fresh {
                let claims = try await queue.step(settled: settled).claims
                #expect(claims.map(\.id) == [job.id] && claims.allSatisfy { $0.isStrict && !$0.isFirstHand })
                settled = [job.id]
            }
        }
    }

    @Test func `what is claimed tells its rank, which outlives the index`() async throws {
        try await QueueFixture.run { queue in
            let late = queue.newJobs(1, priority: 5), early = queue.newJobs(1, priority: 1)
            _ = try await queue.index.enqueue([LaneIndex.Push(id: late[0].id, lane: "lane", priority: 5, isRetry: true)], knownEpoch: "")
            try await queue.join("w1")
            let claim = try await queue.step().claims[0]
            #expect(claim.rank == Rank(priority: 5, isRetry: true) && claim.entry == .secondHand)
            _ = try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(isStrict: true))])
            _ = try await queue.index.reset(to: 2)
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(isStrict: true))])
            _ = try await queue.index.reassert(worker: "w1", session: 2, holding: [LaneIndex.Held(id: claim.id, rank: claim.rank, lane: "lane")])
            try await queue.index.open(2)
            try await queue.push(early, knownEpoch: "2")
            let next = try await queue.step(epoch: "2", session: 2, returned: [LaneIndex.Return(id: claim.id, delay: 0)]).claims
            #expect(next.map(\.id) == [early[0].id], "given back, it stands where it stood")
        }
    }
}
