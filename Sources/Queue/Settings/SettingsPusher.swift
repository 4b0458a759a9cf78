package import Ledger
import Primitives
package import Redis

/// Tells the index at once what was just set in the ledger. Where it cannot, the leader does within a second.
package struct SettingsPusher: Sendable {
    private let map: QueueMap
    private let redis: RedisClient

    package init(map: QueueMap, redis: RedisClient) {
        self.map = map
        self.redis = redis
    }

    package func push(_ settings: LaneSettings, of queue: String) async {
        try? await LaneIndex(shard: map.shard(of: queue, lane: settings.lane), redis: redis).configure([settings])
    }

    package func push(_ settings: QueueSettings) async {
        let shards = map.shards(of: settings.queue)
        for shard in shards { try? await LaneIndex(shard: shard, redis: redis).tune(settings, shards: shards.count) }
    }
}
