import Ledger
import Primitives
import Queue
import TestSupport
import Testing

/// Lanes that are parked and come back, queues that are paused.
@Suite struct ParkLaws {
    @Test func `a lane that was parked comes back with one job, then two, then four`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", parked: -1)])
            try await queue.push(queue.newJobs(40))
            try await queue.join("w1")
            #expect(try await queue.step().claims.isEmpty)
            try await queue.index.configure([LaneSettings(lane: "lane")])
            var settled: [JobID] = []
            var rounds: [Int] = []
            for _ in 0..<5 {
                let claims = try await queue.step(settled: settled).claims
                settled = claims.map(\.id)
                rounds.append(claims.count)
            }
            #expect(rounds == [1, 2, 4, 8, 16])
        }
    }

    @Test func `a lane that starts slowly and fails is not tried again at once, and goes no faster`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", parked: -1)])
            try await queue.push(queue.newJobs(10))
            try await queue.join("w1")
            try await queue.index.configure([LaneSettings(lane: "lane")])
            let first = try await queue.step().claims
            let step = try await queue.step(returned: [LaneIndex.Return(id: first[0].id, delay: 60_000_000, isRetry: true)])
            #expect(step.claims.isEmpty, "it was a probe, and there is time to judge it")
            #expect(step.wait.map { $0 > .seconds(1) && $0 <= .seconds(3) } == true, "\(String(describing: step.wait))")
            var next: [LaneIndex.Claim] = []
            try await eventually("the lane goes on by itself") {
                next = try await queue.step().claims
                return !next.isEmpty
            }
            #expect(next.count == 1)
        }
    }

    @Test func `a lane parked until a time opens by itself and slowly`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.configure([LaneSettings(lane: "lane", parked: 2_000_000)])
            try await queue.push(queue.newJobs(10))
            try await queue.join("w1")
            let wait = try #require(try await queue.step().wait)
            #expect(wait > .zero && wait <= .seconds(2))
            var claims: [LaneIndex.Claim] = []
            try await eventually("its time has come") {
                claims = try await queue.step().claims
                return !claims.isEmpty
            }
            #expect(claims.count == 1)
        }
    }

    @Test func `a paused queue starts nothing and says when it goes on`() async throws {
        try await QueueFixture.run { queue in
            try await queue.push(queue.newJobs(3))
            try await queue.join("w1")
            try await queue.index.tune(QueueSettings(queue: "default", paused: 60_000_000), shards: 1)
            let step = try await queue.step()
            #expect(step.claims.isEmpty && step.wait.map { $0 > .seconds(50) } == true)
            try await queue.index.tune(QueueSettings(queue: "default"), shards: 1)
            #expect(try await queue.step().claims.count == 3)
        }
    }

    @Test func `a queue runs no more at once in the whole fleet than its concurrency`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.tune(QueueSettings(queue: "default", concurrency: 3), shards: 1)
            try await queue.push(queue.newJobs(5, lane: "a") + queue.newJobs(5, lane: "b"))
            try await queue.join("w1")
            try await queue.join("w2")
            let first = try await queue.step("w1", want: 2).claims
            let second = try await queue.step("w2", want: 10).claims
            #expect(first.count == 2 && second.count == 1)
            #expect(try await queue.step("w1").claims.isEmpty)
            #expect(try await queue.step("w2", settled: second.map(\.id)).claims.count == 1)
        }
    }

    @Test func `a limit of the queue counts for lanes that have none of their own`() async throws {
        try await QueueFixture.run { queue in
            try await queue.index.tune(QueueSettings(queue: "default", laneDefaults: LaneDefaults(concurrency: 1)), shards: 1)
            try await queue.index.configure([LaneSettings(lane: "free", limits: LaneLimits(concurrency: 0))])
            try await queue.push(queue.newJobs(4, lane: "usual") + queue.newJobs(4, lane: "free"))
            try await queue.join("w1")
            let claims = try await queue.step().claims
            #expect(claims.count(where: { $0.lane == "usual" }) == 1 && claims.count(where: { $0.lane == "free" }) == 4)
            try await queue.index.tune(QueueSettings(queue: "default", laneDefaults: LaneDefaults(concurrency: 3)), shards: 1)
            #expect(try await queue.step().claims.count == 2, "a raised limit is there at once")
        }
    }
}
