import Foundation
import Testing

@testable import Jobs

@Suite struct RetryAfterTests {
    /// RFC 9110's example of a date, in its three forms.
    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func `a date is so far away as it is from now, and one that has passed is now`(value: String) {
        let now = Date(timeIntervalSince1970: 784_111_777 - 90)
        #expect(RetryAfter.delay(value, now: now) == .seconds(90))
        #expect(RetryAfter.delay(value, now: now.addingTimeInterval(91)) == .zero)
    }

    @Test(arguments: [("120", 120), ("  7 ", 7), ("0", 0), ("\(Int64.max)", Int64.max)])
    func `seconds are seconds`(value: String, seconds: Int64) {
        #expect(RetryAfter.delay(value, now: .now) == .seconds(seconds))
    }

    @Test func `the last second of the last year is far away`() {
        #expect(RetryAfter.delay("Fri, 31 Dec 9999 23:59:59 GMT", now: .now) ?? .zero > .seconds(86_400 * 365 * 7000))
    }

    @Test(arguments: ["", " ", "soon", "-5", "1.5", "0x10", "99999999999999999999", "Sun, 06 Nov 1994", "1994-11-06T08:49:37Z"])
    func `what is no wish is none`(value: String) {
        #expect(RetryAfter.delay(value, now: .now) == nil)
    }

    @Test(arguments: [
        (nil, []), ("", []), ("abort-message", .abort), (" Disable ", .disable), ("disable,abort-message", [.abort, .disable]), ("abort", []),
        ("x, disable", .disable),
    ] as [(String?, ReceiverOrders)])
    func `orders are words between commas, and unknown ones mean nothing`(header: String?, orders: ReceiverOrders) {
        #expect(ReceiverOrders(header: header) == orders)
    }
}
