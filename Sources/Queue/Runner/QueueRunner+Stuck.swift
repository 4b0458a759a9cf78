import Ledger
import Logging
import Primitives
import Synchronization

/// Attempts that do not end when they are told to.
extension QueueRunner {
    /// Attempts that were settled without their word and still go on.
    package var stuckAttempts: Int { holdings.withLock { $0.stuckCount } }
    /// The same since the start, those that have ended included.
    package var stuckAttemptsTotal: Int { holdings.withLock { $0.stuckTotal } }

    /// Settles what ignores its cancellation, so that the job moves on. Its late result is refused by the fence; its slot stays taken until it
    /// really ends, so that a kind which never listens cannot fill the process.
    func settleStuck(at now: ContinuousClock.Instant, in group: inout DiscardingTaskGroup) {
        for stuck in holdings.withLock({ $0.takeStuck(at: now, after: settings.patience) }) {
            let (job, policy) = (stuck.job, kinds.policy(of: stuck.job.kind))
            logger.warning(
                "an attempt ignores its cancellation and is settled without it",
                metadata: ["job": "\(job.id)", "kind": "\(job.kind)", "attempt": "\(job.attempt)", "reason": "\(stuck.reason)"])
            let outcome: Outcome = stuck.reason == .deadline ? .overDeadline(job.deadline(policy)) : .cancelledByOperator
            group.addTask {
                await self.settle(
                    job, stuck.claim, outcome, policy: policy ?? RunPolicy(), took: now - stuck.startedAt, isStrict: stuck.isStrict)
            }
        }
    }
}

extension Outcome {
    static func overDeadline(_ deadline: Duration) -> Outcome {
        .failed(Failure(.transient(), code: "deadline", message: "the attempt took longer than \(deadline.seconds.formattedSeconds) s"))
    }

    /// The reason stands in the ledger already.
    static var cancelledByOperator: Outcome { .cancelled(reason: "cancelled by an operator") }
}

extension RunnableJob {
    /// The job's own, else its kind's.
    func deadline(_ policy: RunPolicy?) -> Duration { deadline.map { .microseconds($0) } ?? policy?.deadline ?? .seconds(60) }
}

extension Double {
    fileprivate var formattedSeconds: String { self == rounded() ? String(Int(self)) : String(self) }
}
