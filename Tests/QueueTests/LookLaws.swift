import Ledger
import Postgres
import Primitives
import Queue
import Redis
import TestSupport
import Testing

/// What operators and the audit see of the index.
@Suite struct LookLaws {
    @Test func `a look counts what runs and what waits, and says when a lane may go on`() async throws {
        try await QueueFixture.run { queue in
            let retries = queue.newJobs(2)
            _ = try await queue.index.enqueue(
                retries.map { LaneIndex.Push(id: $0.id, lane: "slow", priority: 0, isRetry: true) }
                    + [LaneIndex.Push(id: IdentifierSource.system.next(), lane: "later", priority: 0, delay: 60_000_000)], knownEpoch: "1")
            try await queue.push(queue.newJobs(5, lane: "slow"))
            try await queue.index.configure([
                LaneSettings(lane: "slow", limits: LaneLimits(interval: 60_000_000, burst: 2)), LaneSettings(lane: "parked", parked: -1),
            ])
            try await queue.join("w1")
            #expect(try await queue.step().claims.count == 2, "one retry and one of the others")
            try await queue.push(queue.newJobs(3, lane: "keyed", laneKey: "a") + queue.newJobs(1, lane: "parked"))
            _ = try await queue.index.mark(["keyed"])
            let look = try #require(try await queue.index.look(at: ["slow", "keyed", "parked", "none"]))
            #expect(look.held == 2 && look.due == 1)
            let (slow, keyed, parked, none) = (look.lanes[0], look.lanes[1], look.lanes[2], look.lanes[3])
            #expect(slow.running == 2 && slow.waiting == 4 && slow.retriesWaiting == 1 && slow.behind == 0 && !slow.isOverflowing)
            #expect(slow.opensIn.map { $0 > .seconds(50) && $0 <= .seconds(60) } == true)
            #expect(keyed.running == 0 && keyed.waiting == 1 && keyed.behind == 2 && keyed.isOverflowing && keyed.opensIn == .zero)
            #expect(parked.waiting == 1 && parked.opensIn == nil)
            #expect(none.running == 0 && none.waiting == 0 && none.opensIn == .zero)
            _ = try await queue.redis.send(["DEL", .string("v2:{\(queue.index.shard.tag)}:index")])
            #expect(try await queue.index.look() == nil)
        }
    }

    @Test func `the audit finds due jobs that the index does not know, and an index that is lost`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            let audit = IndexAudit(map: queue.map, redis: queue.redis, waiting: queue.waiting)
            let jobs = try await queue.commit(queue.newJobs(3))
            #expect(try await audit.look().lanes == 0, "young jobs may be on their way")
            _ = try await queue.pool.query("UPDATE jobs SET run_at = now() - interval '13 seconds'")
            #expect(try await audit.look().lostShards == [queue.index.shard.tag])
            try await queue.open(epoch: 1)
            try await queue.push([jobs[0]])
            let finding = try await audit.look()
            #expect(finding.lanes == 1 && finding.missing == 2 && finding.overflowing == 0)
            #expect(finding.differences == ["due jobs unknown to the index: 2"])
            try await queue.join("w1")
            #expect(try await queue.step().claims.count == 1)
            try await queue.push(Array(jobs.dropFirst()))
            #expect(try await audit.look().differences == [], "one that is held is known")
            let left = try await queue.commit(queue.newJobs(1))
            _ = try await queue.pool.query("UPDATE jobs SET run_at = now() - interval '13 seconds' WHERE id = $1", [.id(left[0].id.value)])
            _ = try await queue.index.mark(["lane"])
            let marked = try await audit.look()
            #expect(marked.overflowing == 1 && marked.missing == 0, "a lane that will be refilled misses nothing")
        }
    }
}
