import Ledger
import Logging
import Primitives
import Synchronization

/// One attempt, from the claim to the settlement.
extension QueueRunner {
    /// Asks the ledger about jobs that are not first-hand, then starts those that may run. While the ledger is away they stay held.
    func confirm(_ ids: [JobID], with ask: @Sendable ([JobID]) async throws -> [JobID: JobConfirmation.Answer]) async {
        var pause = Duration.milliseconds(50)
        while !Task.isCancelled {
            do {
                let answers = try await ask(ids)
                for id in ids {
                    switch answers[id] ?? .over {
                    case .run(let job): start(job)
                    case .wait(let delay): holdings.withLock { $0.giveBack(id, delay: max(1, delay)) }
                    case .over: holdings.withLock { $0.settle(id) }
                    }
                }
                return wakeup.signal()
            } catch {
                logger.warning("claimed jobs wait for the ledger", metadata: ["count": "\(ids.count)", "error": "\(error)"])
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    func start(_ job: RunnableJob) {
        let policy = kinds.policy(of: job.kind)
        _ = holdings.withLock { holdings in
            holdings.started(job.id, priority: job.priority, deadline: .now + (policy?.deadline ?? .seconds(60))) {
                // Not a child of the group: an attempt must be cancellable alone. It is kept in the holdings and ends at its deadline,
                // with its lease or with the runner, which cancels what is left.
                Task { await self.attempt(job, policy: policy) }
            }
        }
    }

    private func attempt(_ job: RunnableJob, policy: RunPolicy?) async {
        let begun = ContinuousClock.now
        var outcome: Outcome
        if policy == nil {
            outcome = .failed(Failure(.permanent, code: "unknown_kind", message: "this worker has no kind named \(job.kind)"))
        } else {
            outcome = await kinds.perform(job)
        }
        let took = ContinuousClock.now - begun
        if Task.isCancelled {
            switch holdings.withLock({ $0.reason(of: job.id) }) {
            case .leaseLost: return
            case .shutdown:
                // What was done in time counts; only what was cut off goes back.
                if case .succeeded = outcome { break }
                holdings.withLock { $0.giveBack(job.id, delay: 0) }
                return wakeup.signal()
            case .deadline:
                if case .succeeded = outcome { break }
                outcome = .failed(
                    Failure(.transient(), code: "deadline", message: "the attempt took longer than \(Int(policy?.deadline.seconds ?? 0)) s"))
            case nil: break
            }
        }
        await settle(job, outcome, policy: policy ?? RunPolicy(), took: took)
    }

    private func settle(_ job: RunnableJob, _ outcome: Outcome, policy: RunPolicy, took: Duration) async {
        var generator = SystemRandomNumberGenerator()
        let disposition = Disposition.decide(
            outcome, failures: Int(job.failures), maxAttempts: Int(job.maxAttempts), policy: policy.retry, using: &generator)
        let settlement = Settlement(job, outcome, disposition, took: took)
        // The slot is free for the next job while the ledger commits this one; how many may wait so is bounded by the holdings.
        holdings.withLock { $0.ended(job.id) }
        wakeup.signal()
        do {
            let verdict = try await settlements.settle(settlement)
            FaultPoint.reach("after-settlement")
            if verdict == .refused {
                logger.warning(
                    "a settlement was refused: the job has moved on", metadata: ["job": "\(job.id)", "attempt": "\(job.attempt)"])
            }
            holdings.withLock { holdings in
                switch settlement.ending {
                case .retried where verdict == .applied, .snoozed where verdict == .applied:
                    holdings.giveBack(job.id, delay: max(1, settlement.delay))
                default: holdings.settle(job.id)
                }
            }
        } catch {
            logger.error("an attempt could not be settled", metadata: ["job": "\(job.id)", "error": "\(error)"])
            holdings.withLock { $0.abandon(job.id) }
        }
        wakeup.signal()
    }
}

extension Settlement {
    /// Outcome and disposition, in the ledger's words.
    init(_ job: RunnableJob, _ outcome: Outcome, _ disposition: Disposition, took: Duration) {
        var record = AttemptRecord()
        var code: String?
        var message: String?
        switch outcome {
        case .succeeded(let kept): record = kept
        case .failed(let failure): (record, code, message) = (failure.record, failure.code, failure.message)
        case .snoozed(_, let reason): (code, message) = ("snoozed", reason)
        case .cancelled(let reason): (code, message) = ("cancelled", reason)
        }
        var delay: Int64 = 0
        let ending: Ending
        switch disposition {
        case .succeed: ending = .succeeded
        case .retry(let wait): (ending, delay) = (.retried, wait.microseconds)
        case .snooze(let wait): (ending, delay) = (.snoozed, wait.microseconds)
        case .bury: ending = .dead
        case .cancel: ending = .cancelled
        }
        self.init(
            job: job.id, attempt: job.attempt, ending: ending, delay: delay, errorClass: code, errorMessage: message,
            httpStatus: record.httpStatus, duration: took.microseconds, details: record.details)
    }
}
