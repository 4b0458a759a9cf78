import HTTPDelivery
import Primitives
import Queue

/// What a receiver's answer, or the lack of one, means for the delivery, for its endpoint's lane and for the endpoint. Pure.
///
/// A receiver that is overloaded (429) has said nothing of the message: the lane waits, and so does the message, its attempt not spent (law 7), for as
/// long as its schedule would have taken. 502, 503 and 504 hold the lane too, but count: a gateway says the same when this one message kills the
/// process behind it, and a message that costs nothing would then hold its lane for ever.
struct DeliveryVerdict: Sendable, Equatable {
    enum Answer: Sendable, Equatable {
        case status(Int, retryAfter: Duration? = nil, orders: ReceiverOrders = [])
        case error(DeliveryError.Code, String)
    }

    /// Where the delivery stands before this attempt.
    struct Standing: Sendable {
        var failures: Int
        var maxAttempts: Int
        var schedule: RetryPolicy
        /// Since it was accepted, by the ledger's clock.
        var age: Duration = .zero
    }

    enum Ending: Sendable, Equatable {
        case succeeded
        /// - Parameter isFinal: whatever attempts it had left.
        case failed(code: String, message: String, isFinal: Bool = false)
        /// Its attempt is not spent.
        case waits(String)
    }

    /// Why it is tried again when it is, or is not.
    enum Reason: String, Sendable, CaseIterable {
        case schedule
        case retryAfter = "retry_after"
        case laneHeld = "lane_held"
        case localLimit = "local_limit"
        case exhausted
        case gone = "endpoint_gone"
        case disabled = "disabled_by_receiver"
        case aborted = "aborted_by_receiver"
    }

    struct Next: Sendable, Equatable {
        /// Nil when it is not tried again.
        var wait: Duration?
        var why: Reason
    }

    struct Hold: Sendable, Equatable {
        var wait: Duration
        var reason: String
    }

    var ending: Ending
    /// Nil for a success.
    var next: Next?
    /// What the endpoint's lane has to wait.
    var hold: Hold?
    var disables: EndpointGuard.Reason?
    /// What is told of the endpoint.
    var note: DeliveryNote.Answer

    /// One answer does not silence an endpoint for longer: after this the receiver is asked again.
    static let longestHold = Duration.seconds(3600)
    /// A wait that was not asked for begins at a second and doubles with the failures of the message.
    static let longestUnaskedHold = Duration.seconds(60)
    /// Without a wish of the receiver's, of one that has too much to do.
    static let pauseOfOverload = Duration.seconds(10)
    /// A schedule may be short; patience with an overloaded receiver is not shorter than this.
    static let shortestPatience = Duration.seconds(86_400)

    static func of(_ answer: Answer, _ standing: Standing, using generator: inout some RandomNumberGenerator) -> DeliveryVerdict {
        switch answer {
        case .error(.localLimit, let detail), .error(.shutDown, let detail):
            // Our own limits are no fault of the receiver's, and waiting for them costs no attempt.
            return DeliveryVerdict(ending: .waits(detail), next: Next(wait: .seconds(1), why: .localLimit), note: .none)
        case .error(let code, let detail):
            return failure(code.rawValue, detail, standing, note: code == .cancelled ? .none : .failed, using: &generator)
        case .status(200..<300, _, let orders):
            return DeliveryVerdict(ending: .succeeded, disables: orders.contains(.disable) ? .asked : nil, note: .succeeded)
        case .status(let status, let retryAfter, let orders):
            return refused(status, wish: retryAfter.map { min(max($0, .zero), Disposition.longestRetryAfter) }, orders, standing, using: &generator)
        }
    }

    private static func refused(
        _ status: Int, wish: Duration?, _ orders: ReceiverOrders, _ standing: Standing, using generator: inout some RandomNumberGenerator
    ) -> DeliveryVerdict {
        let said = "the receiver answered \(status)"
        let hold = hold(status, wish: wish, standing)
        var verdict: DeliveryVerdict
        if orders.contains(.disable) {
            verdict = final(.disabled, "\(said) and asked for nothing more", disables: .asked)
        } else if status == 410 {
            verdict = final(.gone, "\(said): the endpoint is gone", disables: .gone)
        } else if orders.contains(.abort) {
            verdict = final(.aborted, "\(said) and does not want the message")
            verdict.note = .none
        } else if status == 429, let hold, standing.age < patience(standing.schedule) {
            verdict = DeliveryVerdict(
                ending: .waits("\(said): it has too much to do"), next: Next(wait: max(hold.wait, wish ?? .zero), why: wish == nil ? .laneHeld : .retryAfter),
                note: .none)
        } else if (300..<400).contains(status) {
            verdict = failure("redirect_refused", "\(said); redirects are not followed", standing, using: &generator)
        } else {
            verdict = failure("http_status", said, standing, wish: wish, using: &generator)
        }
        verdict.hold = hold
        if let hold, let next = verdict.next, let wait = next.wait, wait < hold.wait { verdict.next = Next(wait: hold.wait, why: .laneHeld) }
        return verdict
    }

    private static func failure(
        _ code: String, _ message: String, _ standing: Standing, wish: Duration? = nil, note: DeliveryNote.Answer = .failed,
        using generator: inout some RandomNumberGenerator
    ) -> DeliveryVerdict {
        let ending = Ending.failed(code: code, message: message)
        guard standing.failures + 1 < standing.maxAttempts else {
            return DeliveryVerdict(ending: ending, next: Next(wait: nil, why: .exhausted), note: note)
        }
        let step = standing.schedule.delay(after: standing.failures + 1, using: &generator)
        let next = if let wish, wish > step { Next(wait: wish, why: .retryAfter) } else { Next(wait: step, why: .schedule) }
        return DeliveryVerdict(ending: ending, next: next, note: note)
    }

    private static func final(_ why: Reason, _ message: String, disables: EndpointGuard.Reason? = nil) -> DeliveryVerdict {
        DeliveryVerdict(
            ending: .failed(code: why.rawValue, message: message, isFinal: true), next: Next(wait: nil, why: why), disables: disables, note: .failed)
    }

    private static func hold(_ status: Int, wish: Duration?, _ standing: Standing) -> Hold? {
        guard status == 429 || (502...504).contains(status) else { return nil }
        let unasked = status == 429 ? pauseOfOverload : min(.seconds(1 << min(standing.failures, 6)), longestUnaskedHold)
        let wait = min(wish ?? unasked, longestHold)
        return wait > .zero ? Hold(wait: wait, reason: "the receiver answered \(status)") : nil
    }

    private static func patience(_ schedule: RetryPolicy) -> Duration {
        guard case .schedule(let waits, _) = schedule else { return shortestPatience }
        return max(shortestPatience, waits.reduce(.zero, +))
    }

    func outcome(_ record: AttemptRecord) -> Outcome {
        switch ending {
        case .succeeded: .succeeded(record)
        case .failed(let code, let message, let isFinal):
            .failed(Queue.Failure(isFinal ? .permanent : .transient(), code: code, message: message, record: record, wait: next?.wait))
        case .waits(let reason): .snoozed(next?.wait ?? .seconds(1), reason: reason, record: record)
        }
    }
}
