import Primitives

/// A place in a list: after the last row that was shown. Opaque to clients, and good for its own list only.
struct Cursor {
    /// What a place is named by.
    enum Position: Sendable {
        /// An id with this prefix.
        case id(String)
        case number
        /// Text, in hexadecimal so that every name is safe in a URL.
        case name

        fileprivate var pattern: String {
            switch self {
            case .id(let prefix): "\(prefix)_[0-7][0-9a-hjkmnp-tv-z]{25}"
            case .number: "[0-9]{1,18}"
            case .name: "([1-9a-f][0-9a-f]|0[1-9a-f]){1,256}"
            }
        }
    }

    /// Which list it belongs to.
    let list: String
    let position: String

    /// Every text that matches is a place of the list: a document that promises more than that is lied to by programs that try it.
    static func pattern(of list: String, _ position: Position) -> String { "^\(list)_\(position.pattern)$" }

    init(list: String, position: some CustomStringConvertible) {
        self.list = list
        self.position = position.description
    }

    init(list: String, name: String) { self.init(list: list, position: name.utf8.map(Self.hexadecimal).joined()) }

    /// Nil for a text that this list gave to nobody.
    init?(_ text: String, list: String) {
        guard text.hasPrefix(list + "_") else { return nil }
        self.init(list: list, position: text.dropFirst(list.utf8.count + 1))
    }

    var text: String { "\(list)_\(position)" }

    /// The name that the position stands for; nil when it stands for none.
    var name: String? {
        let digits = Array(position.utf8)
        guard digits.count % 2 == 0, (2...512).contains(digits.count) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]), high | low != 0 else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
