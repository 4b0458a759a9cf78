package import Ledger
package import Redis

/// Tells the index of replayed dead letters, where no `IndexPusher` runs. Second-hand; what it cannot say the sweep finds.
package struct ReplayedJobs: Sendable {
    private let map: QueueMap
    private let redis: RedisClient
    private let tuning: IndexTuning

    private static let perCall = 500

    package init(map: QueueMap, redis: RedisClient, tuning: IndexTuning = IndexTuning()) {
        self.map = map
        self.redis = redis
        self.tuning = tuning
    }

    package func push(_ jobs: [DeadLetterTable.Replayed]) async throws(RedisError) {
        for (shard, jobs) in Dictionary(grouping: jobs, by: { map.shard(of: $0.queue, lane: $0.lane) }) {
            let index = LaneIndex(shard: shard, redis: redis, tuning: tuning)
            let pushes = jobs.map { LaneIndex.Push($0) }
            for first in stride(from: 0, to: pushes.count, by: Self.perCall) {
                _ = try await index.enqueue(Array(pushes[first..<min(first + Self.perCall, pushes.count)]), knownEpoch: "")
            }
        }
    }
}

extension LaneIndex.Push {
    /// Second-hand, on its first attempt of a new schedule.
    package init(_ job: DeadLetterTable.Replayed) {
        self.init(id: job.id, lane: job.lane, priority: job.priority, laneKey: job.laneKey)
    }
}
