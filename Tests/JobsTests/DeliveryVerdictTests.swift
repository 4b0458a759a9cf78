import Foundation
import Primitives
import Queue
import Testing

@testable import HTTPDelivery
@testable import Jobs

/// What a receiver's answer means for its delivery, the lane and the endpoint: a table.
@Suite struct DeliveryVerdictTests {
    private static let schedule = RetryPolicy.schedule([.seconds(5), .seconds(300), .seconds(1800)], jitter: 0)

    private static func verdict(_ answer: DeliveryVerdict.Answer, failures: Int = 0, maxAttempts: Int = 4, age: Duration = .zero) -> DeliveryVerdict {
        var random = SystemRandomNumberGenerator()
        return .of(answer, .init(failures: failures, maxAttempts: maxAttempts, schedule: schedule, age: age), using: &random)
    }

    private struct Row: Sendable, CustomTestStringConvertible {
        var answer: DeliveryVerdict.Answer
        var ending: String
        /// Seconds until it is tried again; -1 for never.
        var wait: Int64 = -1
        var why: DeliveryVerdict.Reason?
        var holds: Int64?
        var disables: EndpointGuard.Reason?
        var note = DeliveryNote.Answer.failed

        var testDescription: String { "\(answer)" }
    }

    private static let table: [Row] = [
        Row(answer: .status(200), ending: "succeeded", note: .succeeded),
        Row(answer: .status(204), ending: "succeeded", note: .succeeded),
        Row(answer: .status(299, retryAfter: .seconds(9)), ending: "succeeded", note: .succeeded),
        Row(answer: .status(200, orders: .abort), ending: "succeeded", note: .succeeded),
        Row(answer: .status(200, orders: .disable), ending: "succeeded", disables: .asked, note: .succeeded),
        Row(answer: .status(199), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(301), ending: "redirect_refused", wait: 5, why: .schedule),
        Row(answer: .status(308, retryAfter: .seconds(60)), ending: "redirect_refused", wait: 5, why: .schedule),
        Row(answer: .status(400), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(404, retryAfter: .seconds(60)), ending: "http_status", wait: 60, why: .retryAfter),
        Row(answer: .status(410), ending: "final endpoint_gone", why: .gone, disables: .gone),
        Row(answer: .status(500), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(500, retryAfter: .seconds(2)), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(500, retryAfter: .seconds(1_000_000)), ending: "http_status", wait: 86_400, why: .retryAfter),
        Row(answer: .status(500, retryAfter: .seconds(-5)), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(501), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(429), ending: "waits", wait: 10, why: .laneHeld, holds: 10, note: .none),
        Row(answer: .status(429, retryAfter: .seconds(120)), ending: "waits", wait: 120, why: .retryAfter, holds: 120, note: .none),
        Row(answer: .status(429, retryAfter: .seconds(Int64.max)), ending: "waits", wait: 86_400, why: .retryAfter, holds: 3600, note: .none),
        Row(answer: .status(502), ending: "http_status", wait: 5, why: .schedule, holds: 1),
        Row(answer: .status(503), ending: "http_status", wait: 5, why: .schedule, holds: 1),
        Row(answer: .status(504), ending: "http_status", wait: 5, why: .schedule, holds: 1),
        Row(answer: .status(503, retryAfter: .seconds(120)), ending: "http_status", wait: 120, why: .retryAfter, holds: 120),
        Row(answer: .status(503, retryAfter: .seconds(7200)), ending: "http_status", wait: 7200, why: .retryAfter, holds: 3600),
        Row(answer: .status(503, retryAfter: .zero), ending: "http_status", wait: 5, why: .schedule),
        Row(answer: .status(500, orders: .abort), ending: "final aborted_by_receiver", why: .aborted, note: .none),
        Row(answer: .status(429, orders: .abort), ending: "final aborted_by_receiver", why: .aborted, holds: 10, note: .none),
        Row(answer: .status(500, orders: .disable), ending: "final disabled_by_receiver", why: .disabled, disables: .asked),
        Row(answer: .status(410, orders: [.abort, .disable]), ending: "final disabled_by_receiver", why: .disabled, disables: .asked),
        Row(answer: .status(600), ending: "http_status", wait: 5, why: .schedule),
    ]

    @Test(arguments: table)
    private func `an answer means what the table says`(row: Row) {
        let verdict = Self.verdict(row.answer)
        #expect(Self.text(verdict.ending) == row.ending)
        #expect(verdict.next?.wait ?? .seconds(-1) == .seconds(row.wait) && verdict.next?.why == row.why)
        #expect(verdict.hold?.wait == row.holds.map { .seconds($0) } && verdict.disables == row.disables && verdict.note == row.note)
    }

    private static func text(_ ending: DeliveryVerdict.Ending) -> String {
        switch ending {
        case .succeeded: "succeeded"
        case .waits: "waits"
        case .failed(let code, _, let isFinal): isFinal ? "final \(code)" : code
        }
    }

    @Test(arguments: DeliveryError.Code.allCases)
    func `our own limits cost no attempt, and every other error is a failure under its name`(code: DeliveryError.Code) {
        let verdict = Self.verdict(.error(code, "why"))
        switch code {
        case .localLimit, .shutDown:
            #expect(verdict.ending == .waits("why") && verdict.next == .init(wait: .seconds(1), why: .localLimit) && verdict.note == .none)
        default:
            #expect(verdict.ending == .failed(code: code.rawValue, message: "why") && verdict.next == .init(wait: .seconds(5), why: .schedule))
            #expect(verdict.note == (code == .cancelled ? .none : .failed))
        }
        #expect(verdict.hold == nil && verdict.disables == nil)
    }

    @Test func `the schedule's next step is the one behind the failures, and the last attempt is the last`() {
        #expect(Self.verdict(.status(500), failures: 1).next == .init(wait: .seconds(300), why: .schedule))
        #expect(Self.verdict(.status(500), failures: 2).next == .init(wait: .seconds(1800), why: .schedule))
        let last = Self.verdict(.status(503, retryAfter: .seconds(60)), failures: 3)
        #expect(last.next == .init(wait: nil, why: .exhausted) && last.hold?.wait == .seconds(60), "the lane waits all the same")
        #expect(Self.verdict(.status(200), failures: 3) == Self.verdict(.status(200)), "success on the last attempt is success and nothing else")
    }

    @Test func `an unasked wait of the lane doubles with the failures, up to a minute`() {
        let holds = (0..<10).map { Self.verdict(.status(503), failures: $0, maxAttempts: 20).hold?.wait }
        #expect(holds == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map { .seconds($0) })
    }

    @Test func `patience with an overloaded receiver ends, but not before the schedule would have`() {
        #expect(Self.verdict(.status(429), age: .seconds(86_399)).ending == .waits("the receiver answered 429: it has too much to do"))
        let late = Self.verdict(.status(429, retryAfter: .seconds(30)), age: .seconds(86_400))
        #expect(Self.text(late.ending) == "http_status" && late.note == .failed && late.hold?.wait == .seconds(30))
        var random = SystemRandomNumberGenerator()
        let standing = DeliveryVerdict.Standing(failures: 0, maxAttempts: 10, schedule: WebhookDeliverJob.retry, age: .seconds(3 * 86_400))
        #expect(DeliveryVerdict.of(.status(429), standing, using: &random).note == .none, "the standard's takes longer than three days")
    }

    @Test func `the runner does what the verdict says`() {
        var random = SystemRandomNumberGenerator()
        func disposition(_ answer: DeliveryVerdict.Answer, failures: Int = 0) -> Disposition {
            Disposition.decide(
                Self.verdict(answer, failures: failures).outcome(AttemptRecord()), failures: failures, maxAttempts: 4, policy: .standard, using: &random)
        }
        #expect(disposition(.status(200), failures: 3) == .succeed)
        #expect(disposition(.status(500), failures: 1) == .retry(after: .seconds(300)))
        #expect(disposition(.status(404, retryAfter: .seconds(700)), failures: 1) == .retry(after: .seconds(700)))
        #expect(disposition(.status(500), failures: 3) == .bury)
        #expect(disposition(.status(410)) == .bury)
        #expect(disposition(.status(429), failures: 3) == .snooze(.seconds(10)), "not even the last attempt is spent")
    }
}
