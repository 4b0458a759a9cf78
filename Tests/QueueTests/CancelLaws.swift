import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// What the index does about cancelled jobs.
@Suite struct CancelLaws {
    @Test func `a waiting job is taken out and one that is held has its worker told once`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(3)
            try await queue.push(jobs)
            try await queue.join("w1")
            #expect(try await queue.step(want: 1).claims.map(\.id) == [jobs[0].id])
            let answers = try await queue.index.cancel(jobs.prefix(2).map { ($0.id, "lane") })
            #expect(answers == [jobs[0].id: .held, jobs[1].id: .removed])
            let step = try await queue.step()
            #expect(step.cancels == [jobs[0].id] && step.claims.map(\.id) == [jobs[2].id])
            #expect(try await queue.step().cancels.isEmpty)
        }
    }

    @Test func `a push that comes after its cancellation is second-hand`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(1)
            #expect(try await queue.index.cancel([(jobs[0].id, "lane")]) == [jobs[0].id: .unknown])
            try await queue.push(jobs)
            try await queue.join("w1")
            let claims = try await queue.step().claims
            #expect(claims.count == 1 && !claims[0].isFirstHand)
        }
    }

    @Test func `the next one of a key goes on when its head is cancelled`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(3, laneKey: "a")
            try await queue.push(jobs)
            #expect(try await queue.index.cancel([(jobs[0].id, "lane"), (jobs[1].id, "lane")]) == [jobs[0].id: .removed, jobs[1].id: .removed])
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.id) == [jobs[2].id])
        }
    }

    @Test func `a strict lane goes on when the job that held it is cancelled`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(isStrict: true))])
            let jobs = queue.newJobs(2)
            try await queue.push(jobs)
            try await queue.join("w1")
            _ = try await queue.step()
            _ = try await queue.step(returned: [LaneIndex.Return(id: jobs[0].id, delay: 3_600_000_000, isRetry: true)])
            _ = try await queue.index.cancel([(jobs[0].id, "lane")])
            #expect(try await queue.step().claims.map(\.id) == [jobs[1].id])
        }
    }

    @Test func `an overflowing lane whose jobs are all cancelled is refilled`() async throws {
        var tuning = IndexTuning()
        tuning.window = 2
        try await QueueFixture.run(tuning: tuning) { queue in
            let jobs = queue.newJobs(4)
            try await queue.push(jobs)
            try await queue.join("w1")
            #expect(try await queue.step(want: 0).refills.isEmpty, "two of two are there")
            _ = try await queue.index.cancel(jobs.prefix(2).map { ($0.id, "lane") })
            #expect(try await queue.step(want: 0).refills.map(\.lane) == ["lane"])
        }
    }

    @Test func `while the index is rebuilt nobody can say that a job is not held`() async throws {
        try await QueueFixture.run { queue in
            let jobs = queue.newJobs(1)
            try await queue.push(jobs)
            try await queue.join("w1")
            _ = try await queue.step()
            _ = try await queue.index.reset(to: 2)
            #expect(try await queue.index.cancel([(jobs[0].id, "lane")]) == nil, "its worker has not asserted it yet")
            _ = try await queue.index.reassert(worker: "w1", session: 2, holding: [.of(jobs[0].id)])
            try await queue.index.open(2)
            #expect(try await queue.index.cancel([(jobs[0].id, "lane")]) == [jobs[0].id: .held])
        }
    }

    @Test func `a lane that waits for a retry goes on when that is cancelled`() async throws {
        var tuning = IndexTuning()
        tuning.mostDue = 0
        try await QueueFixture.run(tuning: tuning) { queue in
            let keyed = queue.newJobs(1, laneKey: "a"), other = queue.newJobs(1)
            try await queue.push(keyed)
            try await queue.join("w1")
            _ = try await queue.step()
            // The due set has no room for it: it stays in its lane, which waits.
            _ = try await queue.step(returned: [LaneIndex.Return(id: keyed[0].id, delay: 50_000_000, isRetry: true)])
            try await queue.push(other)
            #expect(try await queue.step().claims.isEmpty)
            _ = try await queue.index.cancel([(keyed[0].id, "lane")])
            #expect(try await queue.step().claims.map(\.id) == [other[0].id])
        }
    }
}
