/// So many at once, then one each interval: the generic cell rate algorithm.
package struct AttemptRate: Sendable, Equatable {
    package var burst: Int64
    package var interval: Duration

    package init(burst: Int64, interval: Duration) {
        self.burst = burst
        self.interval = interval
    }
}

/// What one process knows of attempts, for when Redis is away: bounded, and never without a limit.
struct LocalAttempts {
    static let most = 10_000
    /// By bucket: when it will be empty again.
    private var empties: [String: ContinuousClock.Instant] = [:]
    /// One bucket for all that there is no room for.
    private static let overflow = "*"

    /// Nil when it may be, else how long to wait.
    mutating func take(_ bucket: String, _ rate: AttemptRate, now: ContinuousClock.Instant) -> Duration? {
        if empties[bucket] == nil, empties.count >= Self.most { empties = empties.filter { $0.value > now } }
        let bucket = empties[bucket] != nil || empties.count < Self.most ? bucket : Self.overflow
        let next = max(empties[bucket] ?? now, now) + rate.interval
        let wait = next - rate.interval * Int(rate.burst) - now
        guard wait <= .zero else { return wait }
        empties[bucket] = next
        return nil
    }

    mutating func forget(_ bucket: String) { empties[bucket] = nil }

    var count: Int { empties.count }
}
