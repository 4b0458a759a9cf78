import CoreMetrics
import Synchronization

/// A number that only grows. One relaxed atomic addition an observation, and no lock.
final class CounterCell: CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    /// What is not positive is dropped: a counter that falls looks like a restarted process.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.add(amount, ordering: .relaxed)
    }

    /// Does nothing, for the same reason.
    func reset() {}
}
