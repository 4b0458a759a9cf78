package import Ledger
package import Logging
import Primitives
package import Redis
import ServiceLifecycle
import Synchronization

/// Tells the index of committed jobs, after the answer to the client is on its way. Bounded; whatever it cannot say, the ledger still knows:
/// the lanes concerned are marked for refill as soon as the index answers again, and the sweep finds what dies with this process.
package final class IndexPusher: Service {
    /// The epochs known at one moment, by shard. Taken before a commit, it says whether the push may be first-hand after it.
    package struct KnownEpochs: Sendable {
        fileprivate var epochs: [Shard: String]
    }

    private struct Waiting {
        var push: LaneIndex.Push
        var epoch: String
    }
    private struct State {
        var epochs: [Shard: String] = [:]
        var waiting: [Shard: [Waiting]] = [:]
        /// Lanes whose pushes failed or may have.
        var damaged: [Shard: Set<String>] = [:]
        var isStopping = false

        mutating func damage(_ lanes: [String], of shard: Shard) {
            guard damaged[shard, default: []].count < IndexPusher.mostDamaged else { return }
            damaged[shard, default: []].formUnion(lanes)
        }
    }

    private let map: QueueMap
    private let indexes: [Shard: LaneIndex]
    private let wakeups: [Shard: Wakeup]
    private let state = Mutex(State())
    private let logger: Logger
    private let metrics = IntakeMetrics()

    /// Pushes that wait at most, by shard; beyond, a job is left to the refill of its lane.
    private static let mostWaiting = 20_000
    private static let perCall = 500
    /// Lanes remembered for marking; beyond, the sweep has to find them.
    private static let mostDamaged = 20_000

    package init(map: QueueMap, redis: RedisClient, tuning: IndexTuning = IndexTuning(), logger: Logger) {
        self.map = map
        self.logger = logger
        indexes = Dictionary(uniqueKeysWithValues: map.shards.map { ($0, LaneIndex(shard: $0, redis: redis, tuning: tuning)) })
        wakeups = indexes.mapValues { _ in Wakeup() }
    }

    package func knownEpochs() -> KnownEpochs { KnownEpochs(epochs: state.withLock { $0.epochs }) }

    /// Pushes that wait, and lanes that wait to be marked.
    package func backlog(of queue: String) -> (waiting: Int, damaged: Int) {
        state.withLock { state in
            map.shards(of: queue).reduce((0, 0)) { ($0.0 + (state.waiting[$1]?.count ?? 0), $0.1 + (state.damaged[$1]?.count ?? 0)) }
        }
    }

    /// Hands over jobs that are committed. Returns at once.
    package func push(_ jobs: [NewJob], accepted: [AcceptedJob], under known: KnownEpochs) {
        metrics.accepted(jobs, accepted)
        var touched: Set<Shard> = []
        state.withLock { state in
            for (job, answer) in zip(jobs, accepted) where !answer.isDuplicate {
                let shard = map.shard(of: job.queue, lane: job.lane)
                touched.insert(shard)
                guard state.waiting[shard, default: []].count < Self.mostWaiting else {
                    state.damage([job.lane], of: shard)
                    continue
                }
                let push = LaneIndex.Push(
                    id: job.id, lane: job.lane, priority: job.priority, laneKey: job.laneKey, delay: answer.delay,
                    envelope: answer.delay == 0 ? Envelope.encode(job) : [])
                state.waiting[shard, default: []].append(Waiting(push: push, epoch: known.epochs[shard] ?? ""))
            }
        }
        for shard in touched { wakeups[shard]?.signal() }
    }

    /// Pushes jobs that are pending again, such as replayed dead letters: second-hand always.
    package func pushAgain(_ jobs: [(queue: String, push: LaneIndex.Push)]) {
        var touched: Set<Shard> = []
        state.withLock { state in
            for job in jobs {
                let shard = map.shard(of: job.queue, lane: job.push.lane)
                touched.insert(shard)
                if state.waiting[shard, default: []].count < Self.mostWaiting {
                    state.waiting[shard, default: []].append(Waiting(push: job.push, epoch: ""))
                } else {
                    state.damage([job.push.lane], of: shard)
                }
            }
        }
        for shard in touched { wakeups[shard]?.signal() }
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for (shard, index) in indexes {
                    guard let wakeup = wakeups[shard] else { continue }
                    group.addTask { await self.serve(index, wakeup: wakeup) }
                }
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            for wakeup in self.wakeups.values { wakeup.signal() }
        }
    }

    private func serve(_ index: LaneIndex, wakeup: Wakeup) async {
        // An empty push brings the epoch, without which the first jobs would be second-hand.
        await send([], to: index)
        while !Task.isCancelled {
            let (batch, damaged, isOver) = state.withLock { state in
                let batch = Array(state.waiting[index.shard, default: []].prefix(Self.perCall))
                state.waiting[index.shard]?.removeFirst(batch.count)
                return (batch, state.damaged[index.shard] ?? [], state.isStopping && batch.isEmpty)
            }
            if isOver { return }
            if batch.isEmpty {
                if damaged.isEmpty {
                    await wakeup.wait()
                } else {
                    await mend(damaged, of: index)
                }
            } else {
                await send(batch, to: index)
            }
        }
    }

    private func send(_ batch: [Waiting], to index: LaneIndex) async {
        if !batch.isEmpty { FaultPoint.reach("before-push") }
        let epoch = batch.first?.epoch ?? ""
        let isUniform = batch.allSatisfy { $0.epoch == epoch }
        let reception: LaneIndex.Reception
        do {
            reception = try await index.enqueue(batch.map(\.push), knownEpoch: isUniform ? epoch : "")
        } catch {
            logger.warning("pushes left to the ledger", metadata: ["count": "\(batch.count)", "error": "\(error)"])
            reception = .lost
        }
        state.withLock { state in
            switch reception {
            case .taken(let epoch): state.epochs[index.shard] = epoch
            case .recovering: state.epochs[index.shard] = nil
            case .lost:
                state.epochs[index.shard] = nil
                state.damage(batch.map(\.push.lane), of: index.shard)
            }
        }
    }

    private func mend(_ lanes: Set<String>, of index: LaneIndex) async {
        let page = lanes.prefix(Self.perCall)
        // Taken out first: a lane that is damaged again meanwhile is marked again.
        state.withLock { state in _ = state.damaged[index.shard]?.subtract(page) }
        if let isMarked = try? await index.mark(Array(page)), isMarked {
            await send([], to: index)
        } else {
            state.withLock { $0.damage(Array(page), of: index.shard) }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
}
