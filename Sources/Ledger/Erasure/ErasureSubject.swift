package import Primitives

/// By what a person is known: our id of a user, or an e-mail address.
package struct ErasureSubject: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case userId, email
    }

    package let kind: Kind
    let text: Redacted<String>
    /// As it is looked for: an address in small letters.
    private let wanted: [Unicode.Scalar]

    package static let placeholder = "[erased]"

    package static func == (left: ErasureSubject, right: ErasureSubject) -> Bool { left.kind == right.kind && left.wanted == right.wanted }

    package init(user: UserID) { self.init(.userId, user.description) }

    /// Nil for what is no address of somebody at a host.
    package init?(email: String) {
        let sides = email.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty, (3...254).contains(email.utf8.count),
            email.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f && !"\"\\<>(),;:".unicodeScalars.contains($0) })
        else { return nil }
        self.init(.email, email)
    }

    /// As the ledger has it.
    init?(kind: String, text: String) {
        guard let kind = Kind(rawValue: kind) else { return nil }
        self.init(kind, text)
    }

    private init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = Redacted(text)
        wanted = text.unicodeScalars.map(Self.small)
    }

    /// The text with every mention of the person replaced; nil when there is none. It is found spelled out, in JSON's escapes however often they were
    /// escaped again, and percent-encoded. JSON stays JSON: a mention is always inside of a string.
    package func erased(from text: String) -> String? {
        let marks = Self.marks(in: text)
        var (result, kept, position) = ("", text.startIndex, 0)
        while position + wanted.count <= marks.count {
            guard isMention(at: position, in: marks) else {
                position += 1
                continue
            }
            result += text[kept..<marks[position].range.lowerBound]
            result += Self.placeholder
            position += wanted.count
            kept = marks[position - 1].range.upperBound
        }
        return kept == text.startIndex ? nil : result + text[kept...]
    }

    /// A PostgreSQL regular expression that finds every text with a mention, and some without one.
    var pattern: String {
        "(?i)"
            + wanted.map { scalar in
                let hex = String(scalar.value, radix: 16)
                let code = String(repeating: "0", count: max(0, 4 - hex.count)) + hex
                let literal = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) ? String(scalar) : "[\(scalar == "^" || scalar == "]" || scalar == "\\" ? "\\" : "")\(scalar)]"
                let large = scalar.properties.uppercaseMapping.unicodeScalars.first.map { String($0.value, radix: 16) } ?? hex
                let codes = hex == large ? code : "(?:\(code)|\(String(repeating: "0", count: max(0, 4 - large.count)) + large))"
                let percent = scalar.value < 0x80 ? "|%(?:\(hex)|\(large))" : ""
                return "(?:\(literal)|\\\\u\(codes)\(percent))"
            }.joined()
    }

    // MARK: Mentions

    private struct Mark {
        var scalar: Unicode.Scalar
        var range: Range<String.Index>
    }

    private func isMention(at position: Int, in marks: [Mark]) -> Bool {
        for (offset, scalar) in wanted.enumerated() where Self.small(marks[position + offset].scalar) != scalar { return false }
        let before = position == 0 ? nil : marks[position - 1].scalar
        let end = position + wanted.count
        let after = end < marks.count ? marks[end].scalar : nil
        let later = end + 1 < marks.count ? marks[end + 1].scalar : nil
        // Part of somebody else's: joann@, ann@….com.example.
        if let before, Self.isWord(before) || (kind == .email && "._%+-".unicodeScalars.contains(before)) { return false }
        guard let after else { return true }
        if Self.isWord(after) || (kind == .email && after == "-") { return false }
        return !(kind == .email && after == "." && later.map(Self.isWord) == true)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar.value > 0x7f
    }

    private static func small(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }

    /// The characters of a text as they are meant.
    private static func marks(in text: String) -> [Mark] {
        let scalars = text.unicodeScalars
        var marks: [Mark] = []
        marks.reserveCapacity(text.utf8.count)
        var position = scalars.startIndex
        while position < scalars.endIndex {
            let start = position
            var scalar = scalars[position]
            position = scalars.index(after: position)
            if scalar == "\\" {
                while position < scalars.endIndex, scalars[position] == "\\" { position = scalars.index(after: position) }
                if position < scalars.endIndex {
                    let escape = scalars[position]
                    position = scalars.index(after: position)
                    if escape == "u", let (code, end) = number(in: scalars, from: position, digits: 4) {
                        (scalar, position) = (code, end)
                    } else {
                        // A line's end and its like part words; what stands for itself is itself.
                        scalar = "nrtbf".unicodeScalars.contains(escape) ? " " : escape
                    }
                }
            } else if scalar == "%", let (code, end) = number(in: scalars, from: position, digits: 2), code.value < 0x80 {
                (scalar, position) = (code, end)
            }
            marks.append(Mark(scalar: scalar, range: start..<position))
        }
        return marks
    }

    private static func number(
        in scalars: String.UnicodeScalarView, from start: String.Index, digits: Int
    ) -> (code: Unicode.Scalar, end: String.Index)? {
        guard let end = scalars.index(start, offsetBy: digits, limitedBy: scalars.endIndex), let value = UInt32(String(scalars[start..<end]), radix: 16),
            let code = Unicode.Scalar(value), !scalars[start..<end].contains("+")
        else { return nil }
        return (code, end)
    }
}
