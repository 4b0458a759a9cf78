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
            let clock = ContinuousClock()
            // 200 jobs at 1,000/s are due over 199 ms; a worker that asks at uneven times must be through in hardly more.
            try await queue.index.configure([LaneSettings(lane: "lane", limits: LaneLimits(interval: 1000, burst: 8))])
            try await queue.push(queue.newJobs(200))
            try await queue.join("w1")
            var done = 0
            let begun = clock.now
            try await eventually("all have run") {
                let claims = try await queue.step().claims
                done += claims.count
                if !claims.isEmpty { _ = try await queue.step(settled: claims.map(\.id), want: 0) }
                return done == 200
            }
            #expect(clock.now - begun >= .milliseconds(150), "no faster than the rate either")
        }
    }
}
