/// How long to wait before the next attempt: nothing after the first loss, then doubling, with full jitter above the floor,
/// so that the processes of a fleet do not come back in step.
struct ReconnectBackoff {
    let range: ClosedRange<Duration>
    private var failures = 0

    init(_ range: ClosedRange<Duration>) { self.range = range }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { failures += 1 }
        guard failures > 0 else { return .zero }
        let ceiling = min(range.upperBound, range.lowerBound * (1 << min(failures - 1, 20)))
        return range.lowerBound + (ceiling - range.lowerBound) * Double.random(in: 0...1, using: &generator)
    }

    mutating func reset() { failures = 0 }
}
