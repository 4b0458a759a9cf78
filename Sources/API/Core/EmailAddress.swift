/// E-mail addresses as RFC 5321 writes those that need no quotes, with its lengths. Whether one reaches anybody, only mail tells.
enum EmailAddress {
    static let longest = 254
    static let rule = "must be an e-mail address, such as john@example.com"
    static let pattern = "^\(atom)(\\.\(atom))*@\(label)(\\.\(label))*$"
    private static let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
    private static let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

    static func isValid(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard text.utf8.count <= longest, parts.count == 2, parts[0].count <= 64 else { return false }
        let words = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isLocal) }) else { return false }
        return parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen && label.allSatisfy { isAlphanumeric($0) || $0 == hyphen }
        }
    }

    private static let hyphen = UInt8(ascii: "-")
    private static let marks = Set("!#$%&'*+/=?^_`{|}~-".utf8)

    private static func isLocal(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || marks.contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
