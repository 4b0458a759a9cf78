import Synchronization

/// Time since the run began.
package final class RunClock: Sendable {
    private let start = Mutex(ContinuousClock.now)

    package init() {}

    /// From here on it counts.
    func begin() { start.withLock { $0 = .now } }

    package var now: Duration { ContinuousClock.now - start.withLock(\.self) }
}
