import Primitives
import Queue
import Testing

/// Pure: what becomes of a job after an attempt.
@Suite struct DispositionLaws {
    private static let policy = RetryPolicy.exponential(base: .seconds(2), cap: .seconds(60))
    private static let failed = Outcome.failed(Failure(.transient(), code: "timeout", message: "slow"))

    private func decide(_ outcome: Outcome, failures: Int = 0, maxAttempts: Int = 3, policy: RetryPolicy = policy) -> Disposition {
        var generator = SystemRandomNumberGenerator()
        return Disposition.decide(outcome, failures: failures, maxAttempts: maxAttempts, policy: policy, using: &generator)
    }

    @Test func `success, snooze and cancellation mean what they say`() {
        #expect(decide(.succeeded()) == .succeed)
        #expect(decide(.snoozed(.seconds(3), reason: "")) == .snooze(.seconds(3)))
        #expect(decide(.snoozed(.seconds(-3), reason: "")) == .snooze(.zero))
        #expect(decide(.cancelled(reason: "")) == .cancel)
    }

    @Test(arguments: [(0, true), (1, true), (2, false), (7, false)])
    func `an exhausted job is buried`(failures: Int, isRetried: Bool) {
        if case .retry = decide(Self.failed, failures: failures) { #expect(isRetried) } else { #expect(!isRetried) }
    }

    @Test func `a permanent failure is buried at once`() {
        #expect(decide(.failed(Failure(.permanent, code: "x", message: ""))) == .bury)
    }

    @Test func `the receiver's wish for patience is honoured within bounds`() throws {
        let patient = Outcome.failed(Failure(.transient(retryAfter: .seconds(600)), code: "http_status", message: "429"))
        #expect(decide(patient) == .retry(after: .seconds(600)))
        let endless = Outcome.failed(Failure(.transient(retryAfter: .seconds(1_000_000_000)), code: "http_status", message: "429"))
        #expect(decide(endless) == .retry(after: Disposition.longestRetryAfter))
        let negative = Outcome.failed(Failure(.transient(retryAfter: .seconds(-5)), code: "http_status", message: "429"))
        guard case .retry(let delay) = decide(negative) else { throw TestFailure() }
        #expect(delay >= .zero)
    }

    @Test func `full jitter spreads over the whole doubling interval and stays under the cap`() {
        var generator = SystemRandomNumberGenerator()
        for failures in 1...70 {
            let ceiling = min(2.0 * Double(1 << min(failures - 1, 30)), 60)
            let delays = (0..<200).map { _ in Self.policy.delay(after: failures, using: &generator).seconds }
            #expect(delays.allSatisfy { (0...ceiling).contains($0) })
            #expect((delays.max() ?? 0) > ceiling * 0.8 && (delays.min() ?? 1) < ceiling * 0.2)
        }
    }

    @Test func `a schedule is kept within its jitter and repeats its last wait`() {
        var generator = SystemRandomNumberGenerator()
        let schedule = RetryPolicy.schedule([.seconds(5), .seconds(300)], jitter: 0.2)
        for _ in 0..<200 {
            #expect((4.0...6.0).contains(schedule.delay(after: 1, using: &generator).seconds))
            #expect((240.0...360.0).contains(schedule.delay(after: 2, using: &generator).seconds))
            #expect((240.0...360.0).contains(schedule.delay(after: 9, using: &generator).seconds))
        }
    }

    private struct TestFailure: Error {}
}
