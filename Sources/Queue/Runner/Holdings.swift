import Ledger
import Primitives

/// What a runner has of its shard: every job from the claim to the acknowledgement. Pure bookkeeping, no I/O; the runner acts on what it answers.
struct Holdings {
    /// One claim of a job. A job that was lost and claimed again is another claim: what still comes of the first one finds the door closed.
    struct Claim: Hashable {
        var id: JobID
        fileprivate var number: UInt64
    }

    private struct Holding {
        var number: UInt64
        var rank: Rank
        var lane: String
        var laneKey: String?
        var task: Task<Void, Never>?
        var deadline: ContinuousClock.Instant?
        var reason: CancellationReason?
        var isEnded = false
        var job: RunnableJob?
        var isStrict = false
        var startedAt = ContinuousClock.now
        var cancelledAt: ContinuousClock.Instant?
    }

    /// An attempt that ignores its cancellation.
    struct Stuck {
        var claim: Claim
        var job: RunnableJob
        var reason: CancellationReason
        var isStrict: Bool
        var startedAt: ContinuousClock.Instant
    }

    /// What the next step carries.
    struct Plan {
        var settled: [JobID]
        var returned: [LaneIndex.Return]
        var want: Int
    }

    /// Attempts at once; may be changed while some run.
    var slots: Int
    private var held: [JobID: Holding] = [:]
    /// Claimed and not ended: what the slots are for.
    private var active = 0
    private var claims: UInt64 = 0
    private var settled: [JobID] = []
    private var returned: [LaneIndex.Return] = []
    /// Attempts that were settled while they went on, by the numbers of their claims. They keep their slots.
    private var stuck: Set<UInt64> = []
    private(set) var isStopping = false
    private var isPatient = true
    /// Free slots or reports that are worth a step; fewer wake nobody.
    private var stepSize = 1

    /// More acknowledgements than this wait for the next step; it keeps one script call short.
    private static let mostPerStep = 1000

    init(slots: Int) { self.slots = slots }

    /// Nothing is left to wait for.
    var isOver: Bool { isStopping && (held.isEmpty || !isPatient) }
    var hasReports: Bool { !settled.isEmpty || !returned.isEmpty }
    var activeCount: Int { active }

    /// Jobs whose result waits for the ledger count too, at most as many as there are slots: a ledger that is away stops the claiming.
    var freeSlots: Int { isStopping ? 0 : max(0, min(slots - active, 2 * slots - held.count)) }

    var isWorthAStep: Bool { isStopping || freeSlots >= stepSize || settled.count + returned.count >= stepSize }

    /// - Parameter size: 1 for a step at the first news.
    mutating func expect(stepOf size: Int) { stepSize = size }

    mutating func stopClaiming() { isStopping = true }
    mutating func stopWaiting() { isPatient = false }

    /// - Parameter granted: what the process leaves to this queue.
    mutating func takePlan(granted: Int = .max) -> Plan {
        let plan = Plan(
            settled: Array(settled.prefix(Self.mostPerStep)), returned: Array(returned.prefix(Self.mostPerStep)),
            want: min(freeSlots, granted, Self.mostPerStep))
        settled.removeFirst(plan.settled.count)
        returned.removeFirst(plan.returned.count)
        return plan
    }

    /// The index has answered the plan: what it acknowledged is not held any more.
    mutating func acknowledged(_ plan: Plan) {
        for id in plan.settled { held[id] = nil }
        for job in plan.returned { held[job.id] = nil }
    }

    /// The plan's fate is not known: it is reported again, after the holdings were asserted.
    mutating func restore(_ plan: Plan) {
        settled.insert(contentsOf: plan.settled, at: 0)
        returned.insert(contentsOf: plan.returned, at: 0)
    }

    mutating func claimed(_ id: JobID, rank: Rank, lane: String) -> Claim {
        if held[id] != nil { lose([id]) }
        claims += 1
        held[id] = Holding(number: claims, rank: rank, lane: lane)
        active += 1
        return Claim(id: id, number: claims)
    }

    private func isCurrent(_ claim: Claim) -> Bool { held[claim.id]?.number == claim.number }

    /// False when the job was lost while it was being confirmed; it must not start.
    mutating func started(
        _ claim: Claim, _ job: RunnableJob, isStrict: Bool = false, deadline: ContinuousClock.Instant, task: () -> Task<Void, Never>
    ) -> Bool {
        guard isCurrent(claim), var holding = held[claim.id], !holding.isEnded, holding.task == nil else { return false }
        holding.rank = Rank(priority: job.priority, isRetry: job.failures > 0)
        holding.laneKey = job.laneKey
        holding.job = job
        holding.isStrict = isStrict
        holding.startedAt = .now
        holding.deadline = deadline
        holding.task = task()
        if holding.reason != nil { holding.task?.cancel() }
        held[claim.id] = holding
        return true
    }

    /// Why the attempt was told to stop; nil when it was not.
    func reason(of claim: Claim) -> CancellationReason? { isCurrent(claim) ? held[claim.id]?.reason : .leaseLost }

    /// Its slot is free; the job stays held until it is acknowledged.
    mutating func ended(_ claim: Claim) {
        guard isCurrent(claim), held[claim.id]?.isEnded == false else { return }
        held[claim.id]?.isEnded = true
        held[claim.id]?.task = nil
        active -= 1
    }

    mutating func settle(_ claim: Claim) {
        guard isCurrent(claim) else { return }
        ended(claim)
        settled.append(claim.id)
    }

    /// - Parameters:
    ///   - delay: microseconds; 0 for the head of its lane.
    ///   - isRetry: it has failed.
    mutating func giveBack(_ claim: Claim, delay: Int64, isRetry: Bool = false) {
        guard isCurrent(claim) else { return }
        ended(claim)
        returned.append(LaneIndex.Return(id: claim.id, delay: delay, isRetry: isRetry))
    }

    /// Not held any more, and the index is not told: it gives the job out again when the lease has run out, as one whose worker is gone. Given back,
    /// a reclaimed job would be an ordinary one, and its first worker's settlement as good as the next one's.
    mutating func abandon(_ claim: Claim) {
        if isCurrent(claim) { lose([claim.id]) }
    }

    mutating func lose(_ ids: [JobID]) {
        for id in ids {
            guard let holding = held[id] else { continue }
            if !holding.isEnded { active -= 1 }
            holding.task?.cancel()
            held[id] = nil
        }
        let lost = Set(ids)
        settled.removeAll { lost.contains($0) }
        returned.removeAll { lost.contains($0.id) }
    }

    func assertion() -> [LaneIndex.Held] {
        held.map { LaneIndex.Held(id: $0.key, rank: $0.value.rank, lane: $0.value.lane, laneKey: $0.value.laneKey) }
    }

    /// One that has not begun yet is told when it does.
    mutating func cancel(_ ids: [JobID], _ reason: CancellationReason) {
        for id in ids where held[id]?.isEnded == false && held[id]?.reason == nil {
            held[id]?.reason = reason
            held[id]?.cancelledAt = .now
            held[id]?.task?.cancel()
        }
    }

    mutating func cancelOverdue(at now: ContinuousClock.Instant) {
        for (id, holding) in held where !holding.isEnded && holding.reason == nil {
            guard let deadline = holding.deadline, deadline <= now else { continue }
            held[id]?.reason = .deadline
            held[id]?.cancelledAt = now
            holding.task?.cancel()
        }
    }

    var stuckCount: Int { stuck.count }
    /// Since the start.
    private(set) var stuckTotal = 0

    /// Attempts that go on long after their cancellation. Each is answered once, and counts as ended from then on, except for its slot.
    mutating func takeStuck(at now: ContinuousClock.Instant, after patience: Duration) -> [Stuck] {
        var found: [Stuck] = []
        for (id, holding) in held where !holding.isEnded && holding.task != nil {
            guard let cancelledAt = holding.cancelledAt, cancelledAt + patience <= now, let reason = holding.reason, let job = holding.job else {
                continue
            }
            held[id]?.isEnded = true
            held[id]?.task = nil
            stuck.insert(holding.number)
            stuckTotal += 1
            found.append(Stuck(claim: Claim(id: id, number: holding.number), job: job, reason: reason, isStrict: holding.isStrict, startedAt: holding.startedAt))
        }
        return found
    }

    /// The attempt has come back. True when it was settled before; its slot is free now.
    mutating func returned(_ claim: Claim) -> Bool {
        guard stuck.remove(claim.number) != nil else { return false }
        active -= 1
        return true
    }

    mutating func cancelAll(_ reason: CancellationReason) {
        for (id, holding) in held where !holding.isEnded {
            if holding.reason == nil { held[id]?.reason = reason }
            holding.task?.cancel()
        }
    }
}
