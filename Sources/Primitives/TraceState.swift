/// The `tracestate` header of W3C trace context: `key=value` pairs of the systems that a trace has passed, none of them ours to read. It is passed
/// on as it came when it is well formed, and not at all otherwise.
enum TraceState {
    private static let longest = 512
    private static let mostMembers = 32
    private static let longestKey = 256
    private static let longestValue = 256

    /// Without blanks around its members and without empty ones; nil when it is malformed, too long, or has a key twice.
    static func accepted(_ header: String) -> String? {
        guard header.utf8.count <= longest else { return nil }
        var keys: Set<Substring> = []
        var members: [Substring] = []
        for part in header.split(separator: ",") {
            let member = trimmed(part)
            if member.isEmpty { continue }
            guard let equals = member.utf8.firstIndex(of: UInt8(ascii: "=")), isKey(member[..<equals].utf8),
                isValue(member[member.utf8.index(after: equals)...].utf8), keys.insert(member[..<equals]).inserted, members.count < mostMembers
            else { return nil }
            members.append(member)
        }
        return members.joined(separator: ",")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text[..<text.utf8.index(before: text.utf8.endIndex)] }
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text[text.utf8.index(after: text.utf8.startIndex)...] }
        return text
    }

    private static func isKey(_ bytes: Substring.UTF8View) -> Bool {
        guard (1...longestKey).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first) else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Printable ASCII but for the two signs that part members.
    private static func isValue(_ bytes: Substring.UTF8View) -> Bool {
        (1...longestValue).contains(bytes.count)
            && bytes.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
    }
}
