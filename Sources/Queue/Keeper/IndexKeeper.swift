package import Ledger
package import Logging
import Primitives
package import Redis

/// What the leading scheduler does for the index: beats, so that its loss is noticed; rebuilds it from the ledger; promotes and sweeps.
///
/// It remembers one epoch and beat a shard. When the lead passes on, the next leader starts with none and learns them from the index.
package struct IndexKeeper: Sendable {
    private let shards: [LaneIndex]
    private let map: QueueMap
    private let waiting: WaitingJobs
    private let lanes: LaneSettingsTable
    private let queues: QueueSettingsTable
    private let workers: WorkerTable
    private let leadership: Leadership
    private let refiller: Refiller
    private let logger: Logger
    private let metrics = KeeperMetrics()
    private var known: [Shard: (epoch: String, beat: Int64)] = [:]

    /// A job is looked for by the sweep when it has been due for this long: pushes of living processes take milliseconds.
    private static let sweepAge = Duration.seconds(2)
    /// A delayed job that the index had is running by then; the others are moved by the leader.
    private static let promotionGrace = Duration.seconds(1)
    private static let lanesPerPage = 500
    private static let always = Duration.seconds(100 * 366 * 86_400)
    /// A rebuild that knows of no worker waits for the longest that a live one may be silent: it rests for a beat when its slots are full, and
    /// reconnects to a server that has come back within two seconds.
    private static let silenceBeyondBeat = Duration.milliseconds(500)
    /// Workers that were heard of within this time may still run jobs: their reports pause while the ledger is away.
    private static let memory = Duration.seconds(60)
    /// For a worker that is known and silent no longer than this: it is dead, or will find its running jobs given out again.
    private static let longestSilence = Duration.seconds(6)

    package init(
        map: QueueMap, redis: RedisClient, tuning: IndexTuning = IndexTuning(), waiting: WaitingJobs, lanes: LaneSettingsTable,
        queues: QueueSettingsTable, workers: WorkerTable, leadership: Leadership, logger: Logger
    ) {
        self.map = map
        shards = map.shards.map { LaneIndex(shard: $0, redis: redis, tuning: tuning) }
        self.waiting = waiting
        self.lanes = lanes
        self.queues = queues
        self.workers = workers
        self.leadership = leadership
        self.logger = logger
        refiller = Refiller(waiting: waiting)
    }

    /// Once a second: one look at every shard. Lost ones are rebuilt together, since each rebuild waits for the live workers.
    package mutating func beat(term: LeaderTerm) async throws {
        var lost: [LaneIndex] = []
        let newest = try await leadership.epochs()
        for index in shards {
            let last = known[index.shard]
            switch try await index.tend(knownEpoch: last?.epoch ?? "", lastBeat: last?.beat ?? 0) {
            // A copy of an earlier life: beats of two epochs cannot be compared, their numbers can.
            case .alive(let epoch, true, _, _) where (Int64(epoch) ?? 0) < newest[index.shard.tag] ?? 0: lost.append(index)
            case .alive(let epoch, true, let beat, let refills):
                known[index.shard] = (epoch, beat)
                for order in refills { try await refiller.refill(order, of: index, epoch: epoch) }
            // A rebuild that its leader did not live to finish is done anew.
            case .alive(_, false, _, _), .lost: lost.append(index)
            }
        }
        if !lost.isEmpty { try await rebuild(lost, term: term) }
    }

    /// Gives the index what operators changed lately: whoever changed it does so too, and may have died before.
    /// - Parameter age: nil for everything there is.
    package func applySettings(changedWithin age: Duration?) async throws {
        let age = age ?? Self.always
        for settings in try await queues.changed(within: age.microseconds) {
            for index in shards where index.shard.queue == settings.queue { try await index.tune(settings, shards: map.shards(of: settings.queue).count) }
        }
        for (queue, changed) in Dictionary(grouping: try await lanes.changed(within: age.microseconds), by: \.queue) {
            for index in shards where index.shard.queue == queue {
                try await configure(changed.map(\.settings).filter { isHome(index.shard, of: $0.lane) }, on: index)
            }
        }
    }

    private func configure(_ settings: [LaneSettings], on index: LaneIndex) async throws {
        for first in stride(from: 0, to: settings.count, by: Self.lanesPerPage) {
            try await index.configure(Array(settings[first..<min(first + Self.lanesPerPage, settings.count)]))
        }
    }

    /// Moves delayed jobs, whose time has come and which the index did not have, into their lanes.
    package func promote(term: LeaderTerm) async throws {
        let perRound = 1000
        while true {
            let due = try await waiting.promote(limit: perRound, grace: Self.promotionGrace.microseconds, term: term)
            for (shard, jobs) in Dictionary(grouping: due, by: { map.shard(of: $0.lane.queue, lane: $0.lane.lane) }) {
                guard let index = shards.first(where: { $0.shard == shard }) else { continue }
                // Not pushed for whatever reason: they are among the waiting rows now, where the sweep looks.
                _ = try await index.enqueue(
                    jobs.map { LaneIndex.Push($0.entry, lane: $0.lane.lane) }, knownEpoch: "")
            }
            if due.count < perRound { return }
        }
    }

    /// Looks for jobs that are due in the ledger and unknown to the index: their push died with its process. Lanes that overflow are left
    /// alone, since their refill reads everything.
    /// - Returns: how many lanes had such jobs.
    @discardableResult
    package func sweep() async throws -> Int {
        var mended = 0
        for queue in map.queues {
            for try await lane in waiting.allLanes(of: queue) {
                let place = WaitingJobs.Lane(queue: queue, lane: lane)
                guard try await waiting.hasWaited(Self.sweepAge.microseconds, in: place),
                    let index = shards.first(where: { $0.shard == map.shard(of: queue, lane: lane) })
                else { continue }
                // Asked before the lane is read: an overflowing one may be long, and the count must be older than what is read.
                guard let mark = try await index.missing(of: [], in: lane), !mark.isOverflowing else { continue }
                let limit = index.tuning.window + 1
                let entries = try await waiting.first(limit, of: place)
                guard let missing = try await index.missing(of: entries.map(\.id), in: lane), !missing.isOverflowing, !missing.ids.isEmpty else {
                    continue
                }
                mended += 1
                _ = try await index.refill(lane, with: entries, epoch: missing.epoch, dropped: mark.dropped, limit: limit)
            }
        }
        if mended > 0 { logger.notice("lanes with jobs unknown to the index were refilled", metadata: ["lanes": "\(mended)"]) }
        return mended
    }

    private mutating func rebuild(_ lost: [LaneIndex], term: LeaderTerm) async throws {
        let begun = ContinuousClock.now
        logger.notice("the index is lost and is rebuilt", metadata: ["shards": "\(lost.map(\.shard.tag).joined(separator: " "))"])
        var opening: [(index: LaneIndex, epoch: Int64)] = []
        for index in lost {
            let epoch = try await leadership.nextEpoch(of: index.shard.tag, term: term)
            guard try await index.reset(to: epoch) != nil else { continue }
            opening.append((index, epoch))
        }
        let tuned = try await queues.all()
        for (index, _) in opening {
            // Read after the reset: a push that comes later marks its lane itself.
            if let settings = tuned[index.shard.queue] { try await index.tune(settings, shards: map.shards(of: index.shard.queue).count) }
            try await configure(try await lanes.all(of: index.shard.queue).filter { isHome(index.shard, of: $0.lane) }, on: index)
            var page: [String] = []
            for try await lane in waiting.allLanes(of: index.shard.queue) where isHome(index.shard, of: lane) {
                page.append(lane)
                if page.count == Self.lanesPerPage {
                    _ = try await index.mark(page)
                    page = []
                }
            }
            if !page.isEmpty { _ = try await index.mark(page) }
        }
        // What is running is pending: with nothing pending there is nobody to wait for.
        if try await waiting.isAnythingPending() { try await awaitAssertions(opening) }
        for (index, epoch) in opening {
            guard try await index.open(epoch) else {
                logger.warning("the index was lost again while it was rebuilt", metadata: ["shard": "\(index.shard.tag)"])
                continue
            }
            known[index.shard] = nil
            try await index.sweepKeys(before: epoch)
        }
        metrics.rebuilt(opening.count, since: begun)
        logger.notice("the index is open", metadata: ["shards": "\(opening.count)"])
    }

    /// Calls the workers that were heard of lately, and waits until each has said what it holds: one that is missed has its running jobs given
    /// out again. With all of them here the index opens at once.
    private func awaitAssertions(_ opening: [(index: LaneIndex, epoch: Int64)]) async throws {
        guard let tuning = opening.first?.index.tuning else { return }
        let names = Set(try await workers.list(heardWithin: Self.memory).map(\.id.description))
        let patience = names.isEmpty ? tuning.beat + Self.silenceBeyondBeat : Self.longestSilence
        for (index, _) in opening { try await index.call(names) }
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            if names.isEmpty { continue }
            var isComplete = true
            for (index, epoch) in opening where isComplete { isComplete = try await index.asserted(in: epoch).isSuperset(of: names) }
            if isComplete { return }
        }
        if !names.isEmpty { logger.warning("the index opens without a word from every worker", metadata: ["known": "\(names.count)"]) }
    }

    private func isHome(_ shard: Shard, of lane: String) -> Bool { map.shard(of: shard.queue, lane: lane) == shard }
}
