import Primitives

/// When a failed job is tried again. Per kind; the number of attempts is the job's own.
package enum RetryPolicy: Sendable, Equatable {
    /// Full jitter: anywhere between nothing and `base` doubled per failure, at most `cap`.
    case exponential(base: Duration, cap: Duration)
    /// The waits after the first, second, … failure, each moved by up to `jitter` of itself either way; the last one repeats.
    case schedule([Duration], jitter: Double)

    package static let standard = RetryPolicy.exponential(base: .seconds(2), cap: .seconds(3600))

    /// - Parameter failures: failed attempts so far, this one included; at least 1.
    package func delay(after failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        switch self {
        case .exponential(let base, let cap):
            let (doubled, overflow) = base.microseconds.multipliedReportingOverflow(by: 1 << Int64(min(max(failures, 1) - 1, 40)))
            let ceiling = overflow ? cap.microseconds : min(doubled, cap.microseconds)
            return .microseconds(Int64.random(in: 0...max(0, ceiling), using: &generator))
        case .schedule(let waits, let jitter):
            guard let last = waits.last else { return .zero }
            let wait = failures <= waits.count ? waits[max(failures, 1) - 1] : last
            let factor = 1 + Double.random(in: -jitter...jitter, using: &generator)
            return .microseconds(Int64(Double(wait.microseconds) * factor))
        }
    }
}
