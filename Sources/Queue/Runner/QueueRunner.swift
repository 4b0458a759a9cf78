package import Ledger
package import Logging
import Primitives
import ServiceLifecycle
import Redis
import Synchronization

/// Runs the jobs of one shard of one queue: claims no more than it has slots for, runs them side by side, settles them in the ledger, and
/// acknowledges to the index with its next step (ledger first, index second).
///
/// On graceful shutdown it claims nothing more, lets running attempts finish until `drain` is over, then cancels them and gives them back.
package final class QueueRunner: Service {
    package struct Settings: Sendable {
        /// Attempts at once.
        package var slots: Int
        /// How long a stop waits for running attempts.
        package var drain: Duration
        /// How long an attempt may take to notice its cancellation, before it is settled without its word, or left behind by a stop.
        package var patience: Duration

        package init(slots: Int = 64, drain: Duration = .seconds(20), patience: Duration = .seconds(5)) {
            self.slots = slots
            self.drain = drain
            self.patience = patience
        }
    }

    let index: LaneIndex
    let worker: String
    let kinds: any KindRunner
    let confirmation: JobConfirmation
    let settlements: SettlementWriter
    let logger: Logger
    let metrics: RunnerMetrics
    let holdings: Mutex<Holdings>
    let wakeup = Wakeup()
    /// Signalled when an attempt begins.
    let beginnings = Wakeup()
    /// When the last step that was answered had been sent: the lease runs from then at the earliest.
    let heard = Mutex(ContinuousClock.now)
    private let refiller: Refiller
    private let broker: AttemptBroker?
    private let seat: Int
    let settings: Settings
    private let clock = ContinuousClock()
    private static let longestGathering = Duration.milliseconds(5)

    package init(
        index: LaneIndex, worker: String, kinds: any KindRunner, confirmation: JobConfirmation, settlements: SettlementWriter,
        waiting: WaitingJobs, settings: Settings, broker: AttemptBroker? = nil, logger: Logger
    ) {
        self.index = index
        self.worker = worker
        self.kinds = kinds
        self.confirmation = confirmation
        self.settlements = settlements
        self.settings = settings
        var logger = logger
        logger[metadataKey: "queue"] = "\(index.shard.queue)"
        logger[metadataKey: "shard"] = "\(index.shard.tag)"
        self.logger = logger
        metrics = RunnerMetrics(queue: index.shard.queue)
        refiller = Refiller(waiting: waiting)
        holdings = Mutex(Holdings(slots: settings.slots))
        self.broker = broker
        seat = broker?.join(queue: index.shard.queue, slots: settings.slots, wakeup: wakeup) ?? 0
    }

    package var queue: String { index.shard.queue }
    package var load: (slots: Int, active: Int) { (settings.slots, holdings.withLock { $0.activeCount }) }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.listenForWakeUps() }
                group.addTask { await self.watchDeadlines() }
                group.addTask { await self.stopInTime() }
                await self.work(in: &group)
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.holdings.withLock { $0.stopClaiming() }
            self.wakeup.signal()
        }
        holdings.withLock { $0.cancelAll(.shutdown) }
    }

    /// The loop. One step at a time; what it brings is run by tasks of the group.
    private func work(in group: inout DiscardingTaskGroup) async {
        var epoch = ""
        var newest: Int64 = 0
        var beat: Int64 = 0
        var session: Int64 = 0
        var isHungry = false
        while !Task.isCancelled {
            let (active, free) = holdings.withLock { ($0.activeCount, $0.freeSlots) }
            let granted = broker?.ask(seat, active: active, free: free, isHungry: isHungry) ?? free
            let (plan, isOver) = holdings.withLock { ($0.takePlan(granted: granted), $0.isOver) }
            if isOver { break }
            let sent = ContinuousClock.now
            do {
                switch try await observed({ [epoch, session, beat] () throws(RedisError) in
                    try await index.step(
                        worker: worker, epoch: epoch, session: session, beat: beat, settled: plan.settled, returned: plan.returned, want: plan.want)
                }) {
                case .stepped(let step):
                    holdings.withLock { $0.acknowledged(plan) }
                    beat = step.beat
                    heard.withLock { $0 = sent }
                    take(step.claims, in: &group)
                    if !step.cancels.isEmpty { group.addTask { await self.cancel(step.cancels) } }
                    for order in step.refills { group.addTask { await self.refill(order, epoch: step.epoch) } }
                    // One that was granted nothing does not know better than before.
                    if plan.want > 0 { isHungry = step.claims.count == plan.want }
                    await rest(after: step, want: plan.want, isHungry: isHungry)
                case .stranger:
                    metrics.leaseLost(epoch: epoch)
                    holdings.withLock { $0.restore(plan) }
                    session += 1
                    epoch = await reassert(session, after: &newest) ?? ""
                    beat = 0
                case .recovering:
                    holdings.withLock { $0.restore(plan) }
                    session += 1
                    epoch = await reassert(session, after: &newest) ?? ""
                    beat = 0
                    await wakeup.wait(atMost: .milliseconds(100))
                case .lost:
                    holdings.withLock { $0.restore(plan) }
                    await wakeup.wait(atMost: .milliseconds(100))
                }
            } catch {
                // The step may have been done all the same: what it gave us is found out by asserting what we have.
                holdings.withLock { $0.restore(plan) }
                epoch = ""
                logger.warning("the index does not answer", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(Int.random(in: 50...150)))
            }
        }
        try? await index.leave(worker: worker)
    }

    /// Says what is held and takes the answer. The epoch, or nil when there is no index to speak to.
    /// - Parameter newest: the highest epoch so far; an index with a lower one is a copy of an earlier life, which the leader will rebuild.
    private func reassert(_ session: Int64, after newest: inout Int64) async -> String? {
        let held = holdings.withLock { $0.assertion() }
        guard let assertion = try? await index.reassert(worker: worker, session: session, holding: held) else { return nil }
        guard let epoch = Int64(assertion.epoch), epoch >= newest else {
            await wakeup.wait(atMost: .milliseconds(100))
            return nil
        }
        newest = epoch
        if !assertion.refused.isEmpty {
            metrics.lost(assertion.refused.count)
            logger.warning("jobs lost to other workers", metadata: ["count": "\(assertion.refused.count)"])
            holdings.withLock { $0.lose(assertion.refused) }
        }
        return assertion.epoch
    }

    /// Waits for a reason to step again: a freed slot, something to report, a wake-up, the time that the index named, at the latest the beat.
    private func rest(after step: LaneIndex.Step, want: Int, isHungry: Bool) async {
        if isHungry, want > 0, await gather() { return }
        let (free, hasReports) = holdings.withLock { ($0.freeSlots, $0.hasReports) }
        if hasReports || (free > 0 && step.wait == .zero && want > 0) { return }
        guard free > 0, let wait = step.wait, wait > .zero else { return await wakeup.wait(atMost: index.tuning.beat) }
        await wakeup.wait(atMost: min(wait, index.tuning.beat))
    }

    /// While more waits than there are slots, a step costs the index nearly as much for one job as for a dozen: ends are let come together for a
    /// few milliseconds, in which an eighth of the slots at most stands empty. False when too few came.
    private func gather() async -> Bool {
        holdings.withLock { $0.expect(stepOf: max(1, $0.slots / 8)) }
        defer { holdings.withLock { $0.expect(stepOf: 1) } }
        let end = clock.now + Self.longestGathering
        while !holdings.withLock({ $0.isWorthAStep }) {
            let left = end - clock.now
            if left <= .zero || Task.isCancelled { return false }
            await wakeup.wait(atMost: left)
        }
        return true
    }

    private func take(_ claims: [LaneIndex.Claim], in group: inout DiscardingTaskGroup) {
        guard !claims.isEmpty else { return }
        var firstHand: [(RunnableJob, Holdings.Claim)] = []
        var secondHand: [Claimed] = []
        var reclaimed: [Claimed] = []
        holdings.withLock { holdings in
            for claim in Self.byTurns(claims) {
                switch claim.entry {
                case .firstHand(let job): firstHand.append((job, holdings.claimed(claim.id, rank: claim.rank, lane: claim.lane)))
                case .secondHand: secondHand.append(Claimed(claim, &holdings))
                case .reclaimed: reclaimed.append(Claimed(claim, &holdings))
                }
            }
        }
        for (job, claim) in firstHand { start(job, claim, isStrict: false) }
        if !secondHand.isEmpty { group.addTask { [secondHand] in await self.confirm(secondHand) } }
        if !reclaimed.isEmpty { group.addTask { [reclaimed] in await self.reclaim(reclaimed) } }
    }

    /// The first of every lane, then the second of every lane that has one: a lane of which many were claimed holds up none of which there are few.
    /// - Parameter claims: the lanes one after another.
    static func byTurns(_ claims: [LaneIndex.Claim]) -> [LaneIndex.Claim] {
        guard let first = claims.first, let last = claims.last, first.lane != last.lane else { return claims }
        var turns: [(turn: Int, position: Int)] = []
        turns.reserveCapacity(claims.count)
        for position in claims.indices {
            let isNext = position > 0 && claims[position].lane == claims[position - 1].lane
            turns.append((isNext ? turns[position - 1].turn + 1 : 0, position))
        }
        return turns.sorted(by: <).map { claims[$0.position] }
    }

    /// What the ledger is asked about before it runs.
    struct Claimed: Sendable {
        var claim: Holdings.Claim
        var lane: String
        var isStrict: Bool

        init(_ claim: LaneIndex.Claim, _ holdings: inout Holdings) {
            self.claim = holdings.claimed(claim.id, rank: claim.rank, lane: claim.lane)
            lane = claim.lane
            isStrict = claim.isStrict
        }
    }

    private func refill(_ order: LaneIndex.RefillOrder, epoch: String) async {
        do {
            try await refiller.refill(order, of: index, epoch: epoch)
        } catch {
            // The lane's refill token runs out and somebody else reads it.
            logger.warning("a lane could not be refilled", metadata: ["lane": "\(order.lane)", "error": "\(error)"])
        }
    }

    private func listenForWakeUps() async {
        for await _ in index.wakeUps(of: worker) { wakeup.signal() }
    }

    /// Coarse on purpose: one look at everything instead of a timer per job, and none while nothing runs.
    private func watchDeadlines() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                if holdings.withLock({ $0.activeCount == 0 }) { await beginnings.wait() }
                try? await Task.sleep(for: .milliseconds(250))
                holdings.withLock { $0.cancelOverdue(at: clock.now) }
                settleStuck(at: clock.now, in: &group)
            }
        }
    }

    private func stopInTime() async {
        try? await gracefulShutdown()
        guard !Task.isCancelled else { return }
        try? await Task.sleep(for: settings.drain)
        guard !Task.isCancelled else { return }
        holdings.withLock { $0.cancelAll(.shutdown) }
        wakeup.signal()
        // An attempt that ignores its cancellation cannot hold up the process; its job runs again when the lease has run out.
        try? await Task.sleep(for: settings.patience)
        holdings.withLock { $0.stopWaiting() }
        wakeup.signal()
    }
}
