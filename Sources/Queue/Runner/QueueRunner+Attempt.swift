import Ledger
import Logging
import Primitives
import Synchronization

/// One attempt, from the claim to the settlement.
extension QueueRunner {
    /// Microseconds.
    private static var unsettledDelay: Int64 { 30_000_000 }
    /// For a job that another one has to precede: by then that one is in the index.
    private static var behindDelay: Int64 { 100_000 }

    /// Asks the ledger about jobs that are not first-hand, then starts those that may run.
    func confirm(_ claims: [Claimed]) async {
        guard let answers = await read(claims, atStop: { $0.giveBack($1, delay: 0) }) else { return }
        await bringForward(answers, of: claims)
        for claim in claims { act(on: answers[claim.claim.id] ?? .over, claim) }
        wakeup.signal()
    }

    private func read(
        _ claims: [Claimed], atStop: (inout Holdings, Holdings.Claim) -> Void
    ) async -> [JobID: JobConfirmation.Answer]? {
        let strict = claims.filter(\.isStrict).map(\.claim.id)
        return await askPatiently(claims, atStop: atStop) { try await self.confirmation.confirm(claims.map(\.claim.id), strict: strict) }
    }

    /// A push that died with its process, or was overtaken by a later one, must not let others pass: what comes first is pushed again.
    private func bringForward(_ answers: [JobID: JobConfirmation.Answer], of claims: [Claimed]) async {
        var pushes: [JobID: LaneIndex.Push] = [:]
        for claim in claims {
            if case .behind(let first, _) = answers[claim.claim.id] { pushes[first.id] = LaneIndex.Push(bringingForward: first, lane: claim.lane) }
        }
        guard !pushes.isEmpty else { return }
        // Where it fails the sweep finds them; those behind them wait meanwhile.
        _ = try? await index.enqueue(Array(pushes.values), knownEpoch: "")
    }

    /// The same for jobs of a worker that lost its lease. Their attempts are read once and moved on from there, however often that has to be
    /// tried: one death counts once.
    func reclaim(_ claims: [Claimed]) async {
        guard let before = await read(claims, atStop: { $0.abandon($1) }) else { return }
        await bringForward(before, of: claims)
        var attempts: [JobID: Int32] = [:]
        for (id, answer) in before {
            switch answer {
            case .run(let job): attempts[id] = job.attempt
            // It will not be said again that its worker is gone.
            case .behind(_, let attempt): attempts[id] = attempt
            case .wait, .over: break
            }
        }
        let known = attempts
        guard let after = await askPatiently(claims, atStop: { $0.abandon($1) }, { try await self.confirmation.reclaim(known) }) else { return }
        for claim in claims {
            let id = claim.claim.id
            if case .behind = before[id], case .run = after[id] ?? .over {
                act(on: before[id] ?? .over, claim)
            } else {
                act(on: known[id] == nil ? before[id] ?? .over : after[id] ?? .over, claim)
            }
        }
        wakeup.signal()
    }

    private func act(on answer: JobConfirmation.Answer, _ claimed: Claimed) {
        switch answer {
        // An answer that comes after the lease may speak of an attempt that somebody else is on. The index knows whose the job is: it takes it
        // back only from its holder, and a lease that began anew meanwhile must not keep it from everybody.
        case .run where ContinuousClock.now - heard.withLock({ $0 }) > index.tuning.lease: holdings.withLock { $0.giveBack(claimed.claim, delay: 0) }
        case .run(let job): start(job, claimed.claim, isStrict: claimed.isStrict)
        case .wait(let delay): holdings.withLock { $0.giveBack(claimed.claim, delay: max(1, delay)) }
        case .behind: holdings.withLock { $0.giveBack(claimed.claim, delay: Self.behindDelay) }
        case .over: holdings.withLock { $0.settle(claimed.claim) }
        }
    }

    /// While the ledger is away the jobs stay held, and their slots taken. Nil when the runner ends, or stops meanwhile: `atStop` says what then
    /// becomes of each.
    private func askPatiently<Answer: Sendable>(
        _ claims: [Claimed], atStop: (inout Holdings, Holdings.Claim) -> Void, _ ask: () async throws -> Answer
    ) async -> Answer? {
        var pause = Duration.milliseconds(50)
        while !Task.isCancelled {
            do {
                return try await ask()
            } catch {
                logger.warning("claimed jobs wait for the ledger", metadata: ["count": "\(claims.count)", "error": "\(error)"])
                if holdings.withLock({ $0.isStopping }) {
                    holdings.withLock { holdings in for claim in claims { atStop(&holdings, claim.claim) } }
                    wakeup.signal()
                    return nil
                }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
        return nil
    }

    func start(_ job: RunnableJob, _ claim: Holdings.Claim, isStrict: Bool) {
        let policy = kinds.policy(of: job.kind)
        _ = holdings.withLock { holdings in
            holdings.started(claim, job, isStrict: isStrict, deadline: .now + job.deadline(policy)) {
                // Not a child of the group: an attempt must be cancellable alone. It is kept in the holdings and ends at its deadline,
                // with its lease or with the runner, which cancels what is left.
                Task { await self.attempt(job, claim, policy: policy, isStrict: isStrict) }
            }
        }
        beginnings.signal()
    }

    private func attempt(_ job: RunnableJob, _ claim: Holdings.Claim, policy: RunPolicy?, isStrict: Bool) async {
        let begun = ContinuousClock.now
        let job = observed(job, begun: begun)
        var outcome: Outcome
        if policy == nil {
            outcome = .failed(Failure(.permanent, code: "unknown_kind", message: "this worker has no kind named \(job.kind)"))
        } else {
            outcome = await kinds.perform(job)
        }
        let took = ContinuousClock.now - begun
        if Task.isCancelled {
            // It was settled without waiting for this; its slot is free only now.
            if holdings.withLock({ $0.returned(claim) }) { return wakeup.signal() }
            switch holdings.withLock({ $0.reason(of: claim) }) {
            case .leaseLost: return
            case .shutdown:
                // What was done in time counts; only what was cut off goes back.
                if case .succeeded = outcome { break }
                holdings.withLock { $0.giveBack(claim, delay: 0) }
                return wakeup.signal()
            case .deadline:
                if case .succeeded = outcome { break }
                outcome = .overDeadline(job.deadline(policy))
            case .operator:
                if case .succeeded = outcome { break }
                outcome = .cancelledByOperator
            case nil: break
            }
        }
        await settle(job, claim, outcome, policy: policy ?? RunPolicy(), took: took, isStrict: isStrict)
    }

    func settle(
        _ job: RunnableJob, _ claim: Holdings.Claim, _ outcome: Outcome, policy: RunPolicy, took: Duration, isStrict: Bool
    ) async {
        var generator = SystemRandomNumberGenerator()
        let disposition = Disposition.decide(
            outcome, failures: Int(job.failures), maxAttempts: Int(job.maxAttempts), policy: policy.retry, using: &generator)
        let settlement = Settlement(job, outcome, disposition, took: took, keepsPlace: isStrict)
        // The slot is free for the next job while the ledger commits this one; how many may wait so is bounded by the holdings.
        tell { $0.ended(claim) }
        do {
            let verdict = try await settlements.settle(settlement)
            FaultPoint.reach("after-settlement")
            note(settlement, of: job, verdict)
            tell { holdings in
                switch settlement.ending {
                case .retried where verdict == .applied, .snoozed where verdict == .applied:
                    holdings.giveBack(claim, delay: max(1, settlement.delay), isRetry: settlement.ending == .retried)
                default: holdings.settle(claim)
                }
            }
        } catch {
            logger.error("an attempt could not be settled", metadata: metadata(of: job).merging(["error": "\(error)"]) { $1 })
            // Not held on to, or its slot would be gone with it: it comes back second-hand, and the ledger is asked before it runs.
            tell { $0.giveBack(claim, delay: Self.unsettledDelay) }
        }
    }

    /// Wakes the runner's loop when the change makes a step worth its cost.
    private func tell(_ change: (inout Holdings) -> Void) {
        let isNews = holdings.withLock { holdings in
            change(&holdings)
            return holdings.isWorthAStep
        }
        if isNews { wakeup.signal() }
    }
}

extension Settlement {
    /// Outcome and disposition, in the ledger's words.
    init(_ job: RunnableJob, _ outcome: Outcome, _ disposition: Disposition, took: Duration, keepsPlace: Bool = false) {
        var record = AttemptRecord()
        var code: String?
        var message: String?
        var result: String?
        switch outcome {
        case .succeeded(let kept, let left): (record, result) = (kept, left)
        case .failed(let failure): (record, code, message) = (failure.record, failure.code, failure.message)
        case .snoozed(_, let reason, let kept): (record, code, message) = (kept, "snoozed", reason)
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
            httpStatus: record.httpStatus, duration: took.microseconds, details: record.details, result: result, keepsPlace: keepsPlace)
    }
}
