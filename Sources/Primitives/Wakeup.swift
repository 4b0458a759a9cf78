import Dispatch
import Synchronization

/// A latch between whoever brings work and the one loop that does it: a signal that comes before the wait is not lost, several count as one.
package final class Wakeup: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
        /// When the waiter returns in any case.
        var deadline: ContinuousClock.Instant?
        /// When the timer rings next. A wait that ends early leaves it be: a loop that is woken a thousand times a second would set as many.
        var alarm: ContinuousClock.Instant?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer {
                waiter = nil
                deadline = nil
            }
            return waiter
        }
    }
    private let state = Mutex(State())

    package init() {}

    package func signal() {
        let waiter = state.withLock { state in
            let waiter = state.takeWaiter()
            if waiter == nil { state.isSignalled = true }
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when signalled, or when the task is cancelled. One waiter at a time; a second one takes the first one's place, which returns.
    package func wait() async { await wait(until: nil) }

    /// Returns when signalled, cancelled, or after the given time, whichever comes first.
    package func wait(atMost limit: Duration) async {
        guard limit > .zero else { return }
        await wait(until: .now + limit)
    }

    private func wait(until deadline: ContinuousClock.Instant?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (resumed, alarm) = state.withLock { state in hold(continuation, until: deadline, in: &state) }
                resumed?.resume()
                if let alarm { ring(at: alarm) }
            }
        } onCancel: {
            signal()
        }
    }

    /// Who returns at once, and when a new alarm is to ring.
    private func hold(
        _ continuation: CheckedContinuation<Void, Never>, until deadline: ContinuousClock.Instant?, in state: inout State
    ) -> (resumed: CheckedContinuation<Void, Never>?, alarm: ContinuousClock.Instant?) {
        if state.isSignalled || Task.isCancelled {
            state.isSignalled = false
            return (continuation, nil)
        }
        let earlier = state.takeWaiter()
        state.waiter = continuation
        state.deadline = deadline
        guard let deadline, state.alarm.map({ deadline < $0 }) ?? true else { return (earlier, nil) }
        state.alarm = deadline
        return (earlier, deadline)
    }

    private func ring(at time: ContinuousClock.Instant) {
        let wait = max(0, ContinuousClock.now.duration(to: time).microseconds + 1)
        DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(Int(wait))) { [weak self] in self?.rang(time) }
    }

    private func rang(_ time: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let (waiter, alarm): (CheckedContinuation<Void, Never>?, ContinuousClock.Instant?) = state.withLock { state in
            // An earlier alarm was set after this one, and has taken its place.
            guard state.alarm == time else { return (nil, nil) }
            state.alarm = nil
            guard state.waiter != nil, let deadline = state.deadline else { return (nil, nil) }
            if deadline <= now { return (state.takeWaiter(), nil) }
            state.alarm = deadline
            return (nil, deadline)
        }
        waiter?.resume()
        if let alarm { ring(at: alarm) }
    }
}
