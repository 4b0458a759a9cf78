import Ledger
import Primitives
import Queue
import Synchronization

/// The real performer, with the moment each job starts.
final class MeasuringRunner: KindRunner {
    private let performer: any KindRunner
    private let starts = Mutex<[JobID: ContinuousClock.Instant]?>(nil)

    init(_ performer: any KindRunner) { self.performer = performer }

    func policy(of kind: String) -> RunPolicy? { performer.policy(of: kind) }

    func perform(_ job: RunnableJob) async -> Outcome {
        let now = ContinuousClock.now
        starts.withLock { $0?[job.id] = now }
        return await performer.perform(job)
    }

    func beginRecording() { starts.withLock { $0 = [:] } }

    func endRecording() -> [JobID: ContinuousClock.Instant] {
        starts.withLock { starts in
            defer { starts = nil }
            return starts ?? [:]
        }
    }
}
