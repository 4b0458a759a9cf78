import Ledger
package import Postgres
package import Primitives
import Synchronization

/// Requests that wait for jobs to end. One of them asks the ledger for all, a few times a second; without any nothing is asked.
package final class ResultWaiter: Sendable {
    private struct Waiting {
        var job: JobID
        var deadline: ContinuousClock.Instant
        var continuation: CheckedContinuation<Bool, Never>
    }
    private struct State {
        var waiting: [UInt64: Waiting] = [:]
        var next: UInt64 = 0
        var isAsking = false
    }

    private let table: JobTable
    private let state = Mutex(State())
    private let most: Int
    private static let pause = Duration.milliseconds(50)

    /// - Parameter most: requests that may wait at once.
    package init(pool: PostgresPool, most: Int = 1000) {
        table = JobTable(pool: pool)
        self.most = most
    }

    /// Whether the job has ended by then. False at once when too many wait already, or the task is cancelled.
    package func ended(_ job: JobID, within limit: Duration) async -> Bool {
        let number: UInt64? = state.withLock { state in
            guard state.waiting.count < most else { return nil }
            state.next += 1
            return state.next
        }
        guard let number else { return false }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isRefused, mustAsk) = state.withLock { state in
                    if Task.isCancelled || state.waiting.count >= most { return (true, false) }
                    state.waiting[number] = Waiting(job: job, deadline: .now + limit, continuation: continuation)
                    defer { state.isAsking = true }
                    return (false, !state.isAsking)
                }
                if isRefused { return continuation.resume(returning: false) }
                // Ends when nobody waits any more; whoever waits leaves at his deadline.
                if mustAsk { Task { await self.ask() } }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.continuation.resume(returning: false)
        }
    }

    private func ask() async {
        while true {
            let jobs: [JobID]? = state.withLock { state in
                if state.waiting.isEmpty {
                    state.isAsking = false
                    return nil
                }
                return Array(Set(state.waiting.values.map(\.job)))
            }
            guard let jobs else { return }
            // A ledger that does not answer is asked again; the waiters have their deadlines.
            let ended = (try? await table.ended(among: jobs)) ?? []
            let now = ContinuousClock.now
            let leaving = state.withLock { state in
                let leaving = state.waiting.filter { ended.contains($0.value.job) || $0.value.deadline <= now }
                for number in leaving.keys { state.waiting[number] = nil }
                return leaving.values.map { $0 }
            }
            for waiting in leaving { waiting.continuation.resume(returning: ended.contains(waiting.job)) }
            try? await Task.sleep(for: Self.pause)
        }
    }
}
