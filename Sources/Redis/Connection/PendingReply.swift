internal import Synchronization

/// One caller's wait, ended exactly once by whoever comes first: the reply, the deadline, a cancellation or the loss of the connection.
final class PendingReply: Sendable {
    typealias Answer = Result<RedisValue, RedisError>

    private enum State {
        case fresh
        case waiting(CheckedContinuation<Answer, Never>)
        case settledEarly(Answer)
        case settled
    }
    let operation: String
    private let permit: InFlightBudget.Permit?
    private let state = Mutex(State.fresh)

    init(operation: String, permit: consuming InFlightBudget.Permit?) {
        self.operation = operation
        self.permit = permit
    }

    /// False when it was settled before anyone waited; the continuation has been resumed then.
    func wait(_ continuation: CheckedContinuation<Answer, Never>) -> Bool {
        let early: Answer? = state.withLock { state in
            guard case .settledEarly(let answer) = state else {
                state = .waiting(continuation)
                return nil
            }
            state = .settled
            return answer
        }
        guard let early else { return true }
        continuation.resume(returning: early)
        return false
    }

    func settle(_ answer: Answer) {
        let continuation: CheckedContinuation<Answer, Never>? = state.withLock { state in
            switch state {
            case .fresh:
                state = .settledEarly(answer)
                return nil
            case .waiting(let continuation):
                state = .settled
                return continuation
            case .settledEarly, .settled:
                return nil
            }
        }
        continuation?.resume(returning: answer)
    }

    func fail(_ code: RedisError.Code, outcomeUnknown: Bool = false, reason: String? = nil) {
        settle(.failure(RedisError(code, operation: operation, outcomeUnknown: outcomeUnknown, reason: reason)))
    }

    /// Nobody waits for it any more, so it need not be written.
    var isSettled: Bool {
        state.withLock { state in
            switch state {
            case .fresh, .waiting: false
            case .settledEarly, .settled: true
            }
        }
    }
}
