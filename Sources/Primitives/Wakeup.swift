import Synchronization

/// A latch between whoever brings work and the one loop that does it: a signal that comes before the wait is not lost, several count as one.
package final class Wakeup: Sendable {
    private enum State {
        case quiet
        case signalled
        case waiting(CheckedContinuation<Void, Never>)
    }
    private let state = Mutex(State.quiet)

    package init() {}

    package func signal() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            if case .waiting(let continuation) = state {
                state = .quiet
                return continuation
            }
            state = .signalled
            return nil
        }
        waiter?.resume()
    }

    /// Returns when signalled, or when the task is cancelled. One waiter at a time; a second one takes the first one's place, which returns.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumed: [CheckedContinuation<Void, Never>] = state.withLock { state in
                    switch state {
                    case .signalled:
                        state = .quiet
                        return [continuation]
                    case .quiet:
                        if Task.isCancelled { return [continuation] }
                        state = .waiting(continuation)
                        return []
                    case .waiting(let earlier):
                        state = .waiting(continuation)
                        return [earlier]
                    }
                }
                for continuation in resumed { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }

    /// Returns when signalled, cancelled, or after the given time, whichever comes first.
    package func wait(atMost limit: Duration) async {
        guard limit > .zero else { return }
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
