import Primitives

/// What a process holds of one caller's allowance in one class of routes. Decides by the times it is given; whoever calls it asks Redis.
///
/// A caller who comes often is not asked about for each request: several are taken at once, ahead, and spent here. So Redis never gives more than the
/// limit allows, and what a process holds is at most a fiftieth of the smaller quota, and 64: by so much, a process, may a stretch of time see more than
/// Redis counted in it. A refusal is remembered too, for as long as it stands and a second at most.
struct RateAccount: Sendable {
    enum Step: Sendable, Equatable {
        case decided(RateVerdict)
        /// Ask Redis for so many, and tell what it said.
        case ask(Int64)
        /// Somebody asks already.
        case wait
    }

    private let routes: RouteClass
    private var limit: RateLimit
    /// Taken in Redis and not spent yet.
    private var held: Int64 = 0
    private var lease: Int64 = 1
    private var leasedAt: ContinuousClock.Instant?
    private var refusedUntil: ContinuousClock.Instant?
    private var policies: [RateReading.Policy] = []
    private(set) var isAsking = false
    private(set) var usedAt: ContinuousClock.Instant

    static let mostHeld: Int64 = 64
    private static let share: Int64 = 50
    /// A lease that was used up sooner is followed by a larger one.
    private static let busy = Duration.milliseconds(200)
    /// What is older is not worth much as news, and its caller is gone.
    private static let life = Duration.seconds(10)
    private static let longestRefusal: Int64 = 1_000_000

    init(_ routes: RouteClass, _ limit: RateLimit, now: ContinuousClock.Instant) {
        self.routes = routes
        self.limit = limit
        usedAt = now
    }

    /// - Parameter waiting: how many wait for an answer already.
    mutating func step(_ limit: RateLimit, waiting: Int, now: ContinuousClock.Instant) -> Step {
        usedAt = now
        if limit != self.limit { change(to: limit) }
        if held > 0, let leasedAt, now < leasedAt + Self.life {
            held -= 1
            return .decided(verdict(isAllowed: true))
        }
        if let refusal = refusal(limit, now) { return .decided(refusal) }
        if isAsking { return .wait }
        isAsking = true
        refusedUntil = nil
        if let leasedAt { lease = now < leasedAt + Self.busy ? min(lease * 2, most) : 1 }
        return .ask(max(lease, min(Int64(waiting) + 1, most)))
    }

    /// Whether it is known, without asking, that the next one is refused.
    func refusal(_ limit: RateLimit, _ now: ContinuousClock.Instant) -> RateVerdict? {
        guard limit == self.limit, held == 0, let refusedUntil, now < refusedUntil else { return nil }
        return verdict(isAllowed: false, wait: (refusedUntil - now).microseconds)
    }

    /// What Redis said to an `ask`; the verdict is the asker's.
    /// - Parameter asked: the limit that it was asked with.
    mutating func learn(_ reading: RateReading, asked: RateLimit, now: ContinuousClock.Instant) -> RateVerdict {
        isAsking = false
        guard asked == limit else { return RateVerdict(routes: routes, limit: asked, isAllowed: reading.taken > 0, policies: reading.policies, wait: reading.wait) }
        policies = reading.policies
        guard reading.taken > 0 else {
            refusedUntil = now + .microseconds(min(reading.wait, Self.longestRefusal))
            return verdict(isAllowed: false, wait: reading.wait)
        }
        held = reading.taken - 1
        leasedAt = now
        return verdict(isAllowed: true)
    }

    /// Redis did not answer.
    mutating func giveUp() { isAsking = false }

    /// As Redis has it and what is held here together.
    func adding(to reading: RateReading) -> [RateReading.Policy] { reading.policies.map { .init(remaining: $0.remaining + held, more: $0.more) } }

    private var most: Int64 { max(1, min(Self.mostHeld, (limit.policies.map(\.quota).min() ?? 0) / Self.share)) }

    private mutating func change(to limit: RateLimit) {
        self.limit = limit
        held = 0
        lease = 1
        refusedUntil = nil
    }

    private func verdict(isAllowed: Bool, wait: Int64 = 0) -> RateVerdict {
        let shown = held == 0 ? policies : policies.map { .init(remaining: $0.remaining + held, more: $0.more) }
        return RateVerdict(routes: routes, limit: limit, isAllowed: isAllowed, policies: shown, wait: wait)
    }
}
