package import Ledger
import Primitives
package import Redis

/// The index against the ledger: every job that is due is either known to the index or in a lane that will be refilled.
package struct IndexAudit: Sendable {
    package struct Finding: Sendable, Codable {
        /// Lanes with jobs that have been due for some time.
        package var lanes = 0
        package var overflowing = 0
        /// Due jobs in lanes that do not overflow, which the index does not know.
        package var missing = 0
        package var lostShards: [String] = []

        package var differences: [String] {
            var lines = lostShards.map { "the index of \($0) is lost" }
            if missing > 0 { lines.append("due jobs unknown to the index: \(missing)") }
            return lines
        }
    }

    private let map: QueueMap
    private let redis: RedisClient
    private let waiting: WaitingJobs

    /// Two sweeps: what is younger may be on its way.
    private static let age = Duration.seconds(12)

    package init(map: QueueMap, redis: RedisClient, waiting: WaitingJobs) {
        self.map = map
        self.redis = redis
        self.waiting = waiting
    }

    package func look() async throws -> Finding {
        var finding = Finding()
        for queue in map.queues {
            for try await lane in waiting.allLanes(of: queue) {
                try await look(at: WaitingJobs.Lane(queue: queue, lane: lane), &finding)
            }
        }
        return finding
    }

    private func look(at lane: WaitingJobs.Lane, _ finding: inout Finding) async throws {
        guard try await waiting.hasWaited(Self.age.microseconds, in: lane) else { return }
        let index = LaneIndex(shard: map.shard(of: lane.queue, lane: lane.lane), redis: redis)
        let entries = try await waiting.first(index.tuning.window, of: lane)
        finding.lanes += 1
        guard let missing = try await index.missing(of: entries.map(\.id), in: lane.lane) else {
            if !finding.lostShards.contains(index.shard.tag) { finding.lostShards.append(index.shard.tag) }
            return
        }
        if missing.isOverflowing {
            finding.overflowing += 1
        } else {
            finding.missing += missing.ids.count
        }
    }
}
