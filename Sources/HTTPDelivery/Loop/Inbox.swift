internal import Synchronization

/// A request with the task that waits for its answer.
struct Submission: Sendable {
    typealias Outcome = Result<DeliveryResponse, DeliveryError>
    typealias Continuation = CheckedContinuation<Outcome, Never>

    let id: UInt64
    let request: DeliveryRequest
    let continuation: Continuation
}

/// What tasks leave for the loop's thread. Bounded by the transfers that may be open.
final class Inbox: Sendable {
    /// Everything since the last visit, in an order that makes it safe: the policy holds for all submissions of the batch, and a cancellation
    /// comes after the submission it is for.
    struct Batch {
        var policy: AddressPolicy
        var submissions: [Submission] = []
        var cancellations: [UInt64] = []
        var isClosing = false
    }

    private struct State {
        var batch: Batch
        var open = 0
        var lastID: UInt64 = 0
        var isRung = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let waker: Waker
    private let maxTransfers: Int

    init(policy: AddressPolicy, maxTransfers: Int, waker: Waker) {
        state = Mutex(State(batch: Batch(policy: policy)))
        self.maxTransfers = maxTransfers
        self.waker = waker
    }

    // MARK: Tasks

    func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Nil when the loop will answer; otherwise the answer.
    func submit(_ submission: Submission) -> DeliveryError? {
        let (refusal, mustRing): (DeliveryError?, Bool) = state.withLock { state in
            if state.batch.isClosing { return (DeliveryError(.shutDown, "the client is shut down"), false) }
            guard state.open < maxTransfers else { return (DeliveryError(.localLimit, "too many transfers are open"), false) }
            state.open += 1
            state.batch.submissions.append(submission)
            return (nil, Self.raise(&state))
        }
        if mustRing { waker.ring() }
        return refusal
    }

    func cancel(_ id: UInt64) {
        ring { $0.batch.cancellations.append(id) }
    }

    func update(policy: AddressPolicy) {
        // Wakes nobody: it matters to the next submission, which does.
        state.withLock { $0.batch.policy = policy }
    }

    func close() {
        ring { $0.batch.isClosing = true }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: The loop's thread

    func take() -> Batch {
        state.withLock { state in
            state.isRung = false
            let batch = state.batch
            state.batch = Batch(policy: batch.policy, isClosing: batch.isClosing)
            return batch
        }
    }

    /// Before the answers go out, so that who gets one finds room for the next request.
    func settled(_ count: Int) { state.withLock { $0.open -= count } }

    func ended() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func ring(_ change: (inout State) -> Void) {
        let mustRing = state.withLock { state in
            change(&state)
            return Self.raise(&state)
        }
        if mustRing { waker.ring() }
    }

    /// True for the first one since the loop last looked: one system call wakes it for all.
    private static func raise(_ state: inout State) -> Bool {
        defer { state.isRung = true }
        return !state.isRung
    }
}
