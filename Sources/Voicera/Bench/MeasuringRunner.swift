import Ledger
import Primitives
import Queue
import Synchronization

/// The real performer, with the moment each job starts.
final class MeasuringRunner: KindRunner {
    private struct State {
        var starts: [JobID: ContinuousClock.Instant]?
        /// A lane whose jobs take so long.
        var holding: (lane: String, time: Duration)?
        var observer: (@Sendable (RunnableJob) -> Void)?
        var successObserver: (@Sendable (RunnableJob) -> Void)?
    }

    private let performer: any KindRunner
    private let state = Mutex(State())

    init(_ performer: any KindRunner) { self.performer = performer }

    /// Called first of all, for every job.
    func onStart(_ observer: @escaping @Sendable (RunnableJob) -> Void) { state.withLock { $0.observer = observer } }

    /// Called for every job that has succeeded, before its result is committed.
    func onSuccess(_ observer: @escaping @Sendable (RunnableJob) -> Void) { state.withLock { $0.successObserver = observer } }

    func policy(of kind: String) -> RunPolicy? { performer.policy(of: kind) }

    func perform(_ job: RunnableJob) async -> Outcome {
        let now = ContinuousClock.now
        let (held, observer): (Duration?, (@Sendable (RunnableJob) -> Void)?) = state.withLock { state in
            state.starts?[job.id] = now
            return (state.holding.flatMap { $0.lane == job.lane ? $0.time : nil }, state.observer)
        }
        observer?(job)
        if let held { try? await Task.sleep(for: held) }
        let outcome = await performer.perform(job)
        if case .succeeded = outcome { state.withLock(\.successObserver)?(job) }
        return outcome
    }

    func beginRecording(holding: (lane: String, time: Duration)? = nil) { state.withLock { $0 = State(starts: [:], holding: holding) } }

    func endRecording() -> [JobID: ContinuousClock.Instant] {
        state.withLock { state in
            defer { state = State() }
            return state.starts ?? [:]
        }
    }
}
