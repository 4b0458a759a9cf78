import Foundation

/// `Retry-After`: seconds, or a date in any of the three forms of RFC 9110.
enum RetryAfter {
    private static let forms = ["EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "EEE MMM d HH:mm:ss yyyy"]

    /// How long from now; zero for a date that has passed. Nil for what is neither.
    static func delay(_ value: String, now: Date) -> Duration? {
        let value = value.trimmingCharacters(in: .whitespaces)
        if let seconds = Int64(value) { return seconds >= 0 ? .seconds(seconds) : nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        for form in forms {
            formatter.dateFormat = form
            if let date = formatter.date(from: value) { return .seconds(max(0, date.timeIntervalSince(now))) }
        }
        return nil
    }
}

/// What a receiver may say of the message or of its endpoint in the header `webhook-delivery`, beside its status.
struct ReceiverOrders: OptionSet, Sendable {
    let rawValue: Int

    /// `abort-message`: this message is not to be tried again.
    static let abort = ReceiverOrders(rawValue: 1)
    /// `disable`: nothing more is to be sent.
    static let disable = ReceiverOrders(rawValue: 2)

    init(rawValue: Int) { self.rawValue = rawValue }

    /// - Parameter header: words between commas, in any case; unknown ones mean nothing.
    init(header: String?) {
        self = []
        for word in (header ?? "").split(separator: ",") {
            switch word.trimmingCharacters(in: .whitespaces).lowercased() {
            case "abort-message": insert(.abort)
            case "disable": insert(.disable)
            default: break
            }
        }
    }
}
