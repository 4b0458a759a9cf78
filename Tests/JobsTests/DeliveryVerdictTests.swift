import Foundation
import Queue
import Testing

@testable import HTTPDelivery
@testable import Jobs

/// What a receiver's answer means for its delivery.
@Suite struct DeliveryVerdictTests {
    private static func outcome(_ status: Int, _ headers: String...) -> Outcome {
        var head = HeaderBlock()
        for header in headers { Array(header.utf8).withUnsafeBytes { head.append(line: $0) } }
        return DeliveryVerdict.outcome(
            of: DeliveryResponse(
                status: status, head: head, body: Array("sorry".utf8), bodyTruncated: false, httpVersion: "1.1", timings: DeliveryTimings(),
                certificate: nil, reusedConnection: false))
    }

    /// The wait that the receiver wished for; `failed` is nil unless it is a failure that may pass.
    private static func transient(_ outcome: Outcome) -> (failed: Queue.Failure, wait: Duration?)? {
        guard case .failed(let failure) = outcome, case .transient(let wait) = failure.class else { return nil }
        return (failure, wait)
    }

    @Test(arguments: [200, 201, 202, 204, 299])
    func `an answer of 2xx is success, with its status kept`(status: Int) {
        guard case .succeeded(let record, result: nil) = Self.outcome(status) else {
            Issue.record("\(status) is success")
            return
        }
        #expect(record.httpStatus == Int32(status) && record.details?.contains(#""responseBody":"sorry""#) == true)
    }

    @Test(arguments: [300, 301, 302, 303, 307, 308, 399])
    func `a redirect is refused and tried again, wherever it leads`(status: Int) throws {
        let found = try #require(Self.transient(Self.outcome(status, "Location: https://example.com/", "Retry-After: 5")))
        #expect(found.failed.code == "redirect_refused" && found.failed.record.httpStatus == Int32(status) && found.wait == nil)
    }

    @Test(arguments: [199, 400, 401, 404, 410, 429, 500, 503, 599, 600])
    func `any other answer is a failure that may pass`(status: Int) throws {
        let found = try #require(Self.transient(Self.outcome(status)))
        #expect(found.failed.code == "http_status" && found.failed.record.httpStatus == Int32(status) && found.wait == nil)
        #expect(found.failed.message == "the receiver answered \(status)")
    }

    @Test func `a wish for patience is passed on, in seconds or as a date`() {
        #expect(Self.transient(Self.outcome(429, "x: y", "Retry-After: 120"))?.wait == .seconds(120))
        #expect(Self.transient(Self.outcome(503, "retry-after:  7 "))?.wait == .seconds(7))
        #expect(Self.transient(Self.outcome(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"))?.wait == .zero)
        let far: Duration = Self.transient(Self.outcome(503, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"))?.wait ?? .zero
        #expect(far > .seconds(86_400 * 365 * 7000))
    }

    @Test func `a date is so far away as it is from now, and one that has passed is now`() {
        // RFC 9110's example of a date.
        let now = Date(timeIntervalSince1970: 784_111_777 - 90)
        #expect(RetryAfter.delay("Sun, 06 Nov 1994 08:49:37 GMT", now: now) == .seconds(90))
        #expect(RetryAfter.delay("Sun, 06 Nov 1994 08:49:37 GMT", now: now.addingTimeInterval(91)) == .zero)
    }

    @Test(arguments: ["", " ", "soon", "-5", "1.5", "0x10", "99999999999999999999", "Sun, 06 Nov 1994", "1994-11-06T08:49:37Z"])
    func `what is no wish is none`(value: String) {
        #expect(RetryAfter.delay(value, now: .now) == nil)
    }

    @Test func `the longest wish there can be is cut and does no harm`() throws {
        let outcome = Self.outcome(429, "Retry-After: \(Int64.max)")
        #expect(try #require(Self.transient(outcome)).wait == .seconds(Int64.max))
        var random = SystemRandomNumberGenerator()
        let next = Disposition.decide(outcome, failures: 0, maxAttempts: 10, policy: WebhookDeliverJob.retry, using: &random)
        #expect(next == .retry(after: Disposition.longestRetryAfter))
    }

    @Test(arguments: DeliveryError.Code.allCases)
    func `our own limits cost no attempt, and every other error is a failure under its name`(code: DeliveryError.Code) {
        let outcome = DeliveryVerdict.outcome(of: DeliveryError(code, "why"))
        switch (code, outcome) {
        case (.localLimit, .snoozed(let wait, let reason)), (.shutDown, .snoozed(let wait, let reason)):
            #expect(wait == .seconds(1) && reason == "why")
        case (.localLimit, _), (.shutDown, _): Issue.record("\(outcome)")
        default:
            let found = Self.transient(outcome)
            #expect(found?.failed.code == code.rawValue && found?.failed.message == "why" && found?.wait == nil)
        }
    }
}
