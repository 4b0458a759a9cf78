import Primitives

extension Identifier {
    /// A uuid as PostgreSQL writes it in a text array: there is no reader of arrays of uuids.
    init?(uuid text: String) {
        let digits = text.filter { $0 != "-" }
        guard digits.utf8.count == 32, let high = UInt64(digits.prefix(16), radix: 16), let low = UInt64(digits.suffix(16), radix: 16) else { return nil }
        self.init(high: high, low: low)
    }

    /// 32 digits, which PostgreSQL reads as a uuid.
    var uuid: String { Self.digits(high) + Self.digits(low) }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
