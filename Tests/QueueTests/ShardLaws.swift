import Ledger
import Primitives
import TestSupport
import Testing

@testable import Queue

/// A queue over several shards.
@Suite struct ShardLaws {
    @Test func `a lane's shard is the same in every process and release`() {
        let four = QueueMap(queues: ["default"], shards: ["default": 4]), seven = QueueMap(queues: ["default"], shards: ["default": 7])
        let lanes = ["", "lane", "ep_01", "workspace", "Ärger"]
        #expect(lanes.map { four.shard(of: "default", lane: $0).number } == [1, 3, 2, 2, 2])
        #expect(lanes.map { seven.shard(of: "default", lane: $0).number } == [2, 1, 1, 3, 3])
        #expect(QueueMap().shard(of: "default", lane: "lane") == Shard(queue: "default"))
    }

    @Test func `the shards' parts of a limit add up to it, and none is without`() {
        for count in 1...5 {
            let shards = QueueMap(queues: ["default"], shards: ["default": count]).shards(of: "default")
            for limit in 0...12 {
                let parts = shards.map { $0.share(of: limit, among: count) }
                #expect(parts.reduce(0, +) == (limit == 0 ? 0 : max(limit, count)), "\(limit) among \(count): \(parts)")
                #expect((parts.max() ?? 0) - (parts.min() ?? 0) <= 1)
            }
        }
    }

    /// A lane of each shard.
    private func lanes(_ shards: [QueueFixture]) -> [String] {
        let names = (0..<1000).map { "lane\($0)" }
        return shards.map { queue in names.first { queue.map.shard(of: "default", lane: $0) == queue.index.shard } ?? "" }
    }

    @Test func `what is set for a queue is told to each of its shards, for its part`() async throws {
        try await QueueFixture.run { queue in
            let shards = queue.spread(over: 3), lanes = lanes(shards)
            for (shard, lane) in zip(shards, lanes) {
                try await shard.open(epoch: 1)
                try await shard.push(shard.newJobs(5, lane: lane))
                try await shard.join("w1")
            }
            let pusher = SettingsPusher(map: shards[0].map, redis: queue.redis)
            await pusher.push(QueueSettings(queue: "default", paused: -1))
            for shard in shards { #expect(try await shard.step().claims.isEmpty) }
            await pusher.push(QueueSettings(queue: "default", concurrency: 4))
            var counts: [Int] = []
            for shard in shards { counts.append(try await shard.step().claims.count) }
            #expect(counts == [2, 1, 1])
        }
    }

    @Test func `what is set for a lane is told to its own shard alone`() async throws {
        try await QueueFixture.run { queue in
            let shards = queue.spread(over: 3), lane = lanes(shards)[1]
            for shard in shards {
                try await shard.open(epoch: 1)
                try await shard.push(shard.newJobs(1, lane: lane))
                try await shard.join("w1")
            }
            let pusher = SettingsPusher(map: shards[0].map, redis: queue.redis)
            let (keeper, _) = try await shards[0].keeper()
            func claims() async throws -> [Int] {
                var counts: [Int] = []
                for shard in shards {
                    let claims = try await shard.step().claims
                    counts.append(claims.count)
                    _ = try await shard.step(returned: claims.map { LaneIndex.Return(id: $0.id, delay: 0) }, want: 0)
                }
                return counts
            }
            await pusher.push(LaneSettings(lane: lane, parked: -1), of: "default")
            #expect(try await claims() == [1, 0, 1])
            await pusher.push(LaneSettings(lane: lane), of: "default")
            #expect(try await claims() == [1, 1, 1])
            try await LaneSettingsTable(pool: queue.pool).park(
                LanePlace(queue: "default", lane: lane, workspace: queue.workspace), microseconds: nil, reason: "test", actor: "test")
            try await keeper.applySettings(changedWithin: nil)
            #expect(try await claims() == [1, 0, 1], "by the leader too")
        }
    }

    @Test func `a rebuild and its refills bring every job back once, on its lane's shard`() async throws {
        var tuning = IndexTuning()
        tuning.beat = .milliseconds(50)
        try await QueueFixture.run(tuning: tuning, opens: false) { queue in
            let shards = queue.spread(over: 3)
            let jobs = try await queue.commit((0..<12).flatMap { queue.newJobs(2, lane: "lane\($0)") })
            var (keeper, term) = try await shards[0].keeper()
            try await keeper.beat(term: term)
            var claimed: [JobID] = []
            for shard in shards {
                try await shard.join("w1")
                var rounds = 0
                while rounds < 2 {
                    let step = try await shard.step()
                    for order in step.refills { try await Refiller(waiting: queue.waiting).refill(order, of: shard.index, epoch: step.epoch) }
                    #expect(step.claims.allSatisfy { shard.map.shard(of: "default", lane: $0.lane) == shard.index.shard })
                    claimed += step.claims.map(\.id)
                    rounds = step.refills.isEmpty ? rounds + 1 : 0
                }
            }
            #expect(claimed.sorted() == jobs.map(\.id).sorted())
        }
    }
}
