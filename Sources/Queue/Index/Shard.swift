import Primitives

/// One hash slot's worth of a queue. Every key of it carries the same Redis Cluster tag, so that a script touches one slot.
package struct Shard: Hashable, Sendable {
    package let queue: String
    package let tag: String
    package let number: Int

    package init(namespace: String = "", queue: String, number: Int = 0) {
        self.queue = queue
        self.number = number
        tag = "\(namespace)\(queue).\(number)"
    }

    /// The one key that is named to scripts; they derive the others from it, and this file is the only Swift one that spells keys.
    var indexKey: String { "v2:{\(tag)}:index" }

    /// Of the workers that have asserted in an epoch.
    func sessionsKey(in epoch: Int64) -> String { "v2:{\(tag)}:\(epoch):sessions" }

    /// This shard's part of a limit for the whole queue; at least 1 where there is a limit.
    func share(of limit: Int, among shards: Int) -> Int {
        guard limit > 0 else { return 0 }
        return max(1, limit / shards + (number < limit % shards ? 1 : 0))
    }

    /// Where a waiting worker is woken.
    func wakeChannel(of worker: String) -> String { "v2:{\(tag)}:wake:\(worker)" }
}

/// Which queues there are, and over how many shards each is spread. The same in every process of a fleet.
package struct QueueMap: Sendable {
    /// Queues of the built-in kinds; each has its own slots in a worker.
    package static let builtIn = ["webhooks", "slack", "google", "voice", "system", "default"]

    package let namespace: String
    private let shardCounts: [String: Int]

    package init(namespace: String = "", queues: [String] = Self.builtIn, shards: [String: Int] = [:]) {
        self.namespace = namespace
        shardCounts = Dictionary(uniqueKeysWithValues: Set(queues).map { ($0, max(1, shards[$0] ?? 1)) })
    }

    package var queues: [String] { shardCounts.keys.sorted() }
    package func contains(_ queue: String) -> Bool { shardCounts[queue] != nil }
    package var shards: [Shard] { queues.flatMap(shards(of:)) }

    package func shards(of queue: String) -> [Shard] {
        (0..<(shardCounts[queue] ?? 1)).map { Shard(namespace: namespace, queue: queue, number: $0) }
    }

    /// The shard that has a lane: FNV-1a of its name, the same in every process and release.
    package func shard(of queue: String, lane: String) -> Shard {
        let count = shardCounts[queue] ?? 1
        guard count > 1 else { return Shard(namespace: namespace, queue: queue) }
        let hash = lane.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Shard(namespace: namespace, queue: queue, number: Int(hash % UInt64(count)))
    }
}
