import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// What a lane's limits do to a claim.
@Suite struct LimitLaws {
    @Test func `a lane runs no more at once than its concurrency`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(concurrency: 2))])
            let jobs = queue.newJobs(5)
            try await queue.push(jobs)
            try await queue.join("w1")
            let first = try await queue.step().claims
            #expect(first.map(\.id) == jobs.prefix(2).map(\.id))
            #expect(try await queue.step().claims.isEmpty)
            let next = try await queue.step(settled: [first[0].id]).claims
            #expect(next.map(\.id) == [jobs[2].id])
        }
    }

    @Test func `a parked lane waits and a released one goes on`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", parked: -1)])
            try await queue.push(queue.newJobs(3))
            try await queue.push(queue.newJobs(1, lane: "other"))
            try await queue.join("w1")
            #expect(try await queue.step().claims.map(\.lane) == ["other"])
            try await queue.index.configure([LaneSettings(lane: "lane")])
            #expect(try await queue.step().claims.count == 1, "slowly at first")
        }
    }

    @Test func `a lane with a rate starts its burst and then one an interval`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(interval: 60_000_000, burst: 3))])
            try await queue.push(queue.newJobs(10))
            try await queue.join("w1")
            let step = try await queue.step()
            #expect(step.claims.count == 3)
            let wait = try #require(step.wait)
            #expect(wait > .seconds(55) && wait <= .seconds(60), "the step says when the next one may start")
            #expect(try await queue.step().claims.isEmpty)
        }
    }

    @Test func `a rate wastes no token however late the workers come`() async throws {
        try await QueueFixture.run { queue in
            // The index forgives a worker that comes late by so much; the time beyond it is lost to the lane.
            let interval: Int64 = 10_000, forgiven: Int64 = 20_000
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(interval: interval))])
            try await queue.push(queue.newJobs(150))
            try await queue.join("w1")
            var claimed = 0, lost: Int64 = 0
            var ended: [JobID] = []
            var asked: [Int64] = []
            for _ in 0..<40 {
                if let last = asked.last {
                    try await eventually("a token and a half have come") { try await queue.serverTime() >= last + interval * 3 / 2 }
                }
                ended = try await queue.step(settled: ended).claims.map(\.id)
                claimed += ended.count
                let now = try await queue.lastStep()
                if let last = asked.last { lost += max(0, now - last - forgiven) }
                asked.append(now)
            }
            let took = asked[39] - asked[0]
            let least = (took - lost) / interval, most = (took + forgiven) / interval + 1
            #expect(claimed >= least && claimed <= most, "\(claimed) of \(least) to \(most)")
        }
    }

    @Test func `a rate that is set for a queue counts for lanes that have none of their own`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.tune(QueueSettings(queue: "default", laneDefaults: LaneDefaults(interval: 60_000_000, burst: 3)), shards: 1)
            try await queue.index.configure([LaneSettings(lane: "free", limits: LaneLimits(interval: 0))])
            try await queue.push(queue.newJobs(10, lane: "usual") + queue.newJobs(10, lane: "free"))
            try await queue.join("w1")
            let step = try await queue.step()
            #expect(step.claims.count(where: { $0.lane == "usual" }) == 3 && step.claims.count(where: { $0.lane == "free" }) == 10)
            let wait = try #require(step.wait)
            #expect(wait > .seconds(50) && wait <= .seconds(60))
            try await queue.index.tune(QueueSettings(queue: "default"), shards: 1)
            #expect(try await queue.step().claims.count == 7, "a rate that is taken away is gone at once")
        }
    }

    @Test func `a queue whose lanes are strict gives one of each at a time`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.tune(QueueSettings(queue: "default", laneDefaults: LaneDefaults(isStrict: true)), shards: 1)
            try await queue.index.configure([LaneSettings(lane: "free", limits: LaneLimits(isStrict: false))])
            let first = queue.newJobs(3, lane: "first"), second = queue.newJobs(3, lane: "second"), free = queue.newJobs(3, lane: "free")
            try await queue.push(first + second + free)
            try await queue.join("w1")
            let claims = try await queue.step().claims
            #expect(Set(claims.filter(\.isStrict).map(\.id)) == [first[0].id, second[0].id])
            #expect(claims.filter { !$0.isStrict }.map(\.id) == free.map(\.id))
            #expect(try await queue.step(settled: [first[0].id]).claims.map(\.id) == [first[1].id])
        }
    }
}
