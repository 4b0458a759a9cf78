package import Ledger
import Primitives
package import Redis

/// What the leading scheduler does for schedules: makes the jobs that are due and tells the index of them.
package struct ScheduleKeeper: Sendable {
    private let firing: ScheduleFiring
    private let indexes: [Shard: LaneIndex]
    private let map: QueueMap

    /// A planned time that comes before the duty's next turn is waited for, to be on time.
    private static let patience = Duration.milliseconds(1200)
    /// A turn ends then, however much is due, so that the next one is done under the term of then.
    private static let longestTurn = Duration.seconds(10)
    private static let perCall = 500

    package init(map: QueueMap, redis: RedisClient, tuning: IndexTuning = IndexTuning(), firing: ScheduleFiring) {
        self.map = map
        self.firing = firing
        indexes = Dictionary(uniqueKeysWithValues: map.shards.map { ($0, LaneIndex(shard: $0, redis: redis, tuning: tuning)) })
    }

    /// One turn. Nothing due costs one statement.
    package func run(term: LeaderTerm) async throws {
        let end = ContinuousClock.now + Self.longestTurn
        var isIndexThere = true
        while ContinuousClock.now < end, let wait = try await firing.timeUntilDue(), wait <= Self.patience.microseconds {
            if wait > 0 { try await Task.sleep(for: .microseconds(wait)) }
            let fired = try await firing.fire(term: term)
            if !fired.isEmpty { FaultPoint.reach("after-firing") }
            // Schedules fire whether or not Redis is there: the sweep finds jobs that the index was not told of.
            if isIndexThere { isIndexThere = await push(fired) }
        }
    }

    /// Second-hand. False when the index does not answer.
    private func push(_ jobs: [ScheduleFiring.Fired]) async -> Bool {
        for (shard, jobs) in Dictionary(grouping: jobs, by: { map.shard(of: $0.queue, lane: $0.lane) }) {
            let pushes = jobs.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: $0.priority) }
            for first in stride(from: 0, to: pushes.count, by: Self.perCall) {
                let page = Array(pushes[first..<min(first + Self.perCall, pushes.count)])
                do { _ = try await indexes[shard]?.enqueue(page, knownEpoch: "") } catch { return false }
            }
        }
        return true
    }
}
