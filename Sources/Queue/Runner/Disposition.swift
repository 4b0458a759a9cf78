import Primitives

/// What becomes of a job after an attempt.
package enum Disposition: Sendable, Equatable {
    case succeed
    case retry(after: Duration)
    case snooze(Duration)
    /// Dead letter.
    case bury
    case cancel

    /// A receiver's Retry-After beyond this is cut: it may ask for patience, not for ever.
    package static let longestRetryAfter = Duration.seconds(24 * 3600)

    /// Pure: the same outcome, counts and random numbers give the same answer.
    /// - Parameter failures: failed attempts before this one.
    package static func decide(
        _ outcome: Outcome, failures: Int, maxAttempts: Int, policy: RetryPolicy, using generator: inout some RandomNumberGenerator
    ) -> Disposition {
        switch outcome {
        case .succeeded: return .succeed
        case .snoozed(let wait, _, _): return .snooze(max(wait, .zero))
        case .cancelled: return .cancel
        case .failed(let failure):
            guard case .transient(let retryAfter) = failure.class, failures + 1 < maxAttempts else { return .bury }
            if let wait = failure.wait { return .retry(after: max(wait, .zero)) }
            let delay = policy.delay(after: failures + 1, using: &generator)
            return .retry(after: max(delay, min(max(retryAfter ?? .zero, .zero), longestRetryAfter)))
        }
    }
}
