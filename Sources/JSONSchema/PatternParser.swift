/// What a pattern says, before it is written out in steps.
indirect enum PatternExpression: Sendable {
    case empty
    case scalar(ScalarSet)
    case sequence([PatternExpression])
    case choice([PatternExpression])
    case repeated(PatternExpression, from: Int, upTo: Int?)
    case start
    case end
    case boundary(Bool)
}

/// Reads a pattern. What is not regular, or would be read differently by others, is refused by name.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0

    private static let deepest = 40
    private static let syntax = Set("^$\\.*+?()[]{}|/-".unicodeScalars)

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    private var current: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        place += 1
        return true
    }

    private func refusal(_ reason: String) -> LinearPattern.Refusal {
        LinearPattern.Refusal(reason: "is no regular expression that is supported: \(reason) at character \(place)")
    }

    mutating func expression() throws(LinearPattern.Refusal) -> PatternExpression {
        let all = try choice()
        if place < scalars.count { throw refusal("a parenthesis that closes nothing") }
        return all
    }

    private mutating func choice() throws(LinearPattern.Refusal) -> PatternExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw refusal("too many groups inside one another") }
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(LinearPattern.Refusal) -> PatternExpression {
        var parts: [PatternExpression] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            let part = try atom()
            parts.append(try quantified(part))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func quantified(_ part: PatternExpression) throws(LinearPattern.Refusal) -> PatternExpression {
        var (low, high): (Int, Int?)
        switch current {
        case "*": (low, high) = (0, nil)
        case "+": (low, high) = (1, nil)
        case "?": (low, high) = (0, 1)
        case "{":
            place += 1
            low = try number()
            high = low
            if take(",") { high = current == "}" ? nil : try number() }
            guard current == "}", high.map({ $0 >= low }) ?? true else { throw refusal("a repetition that is none") }
        default: return part
        }
        place += 1
        // How much is taken matters to who wants the text, not to who asks whether there is any.
        _ = take("?")
        switch part {
        case .start, .end, .boundary: throw refusal("a repeated assertion")
        default: break
        }
        if let next = current, "*+?{".unicodeScalars.contains(next) { throw refusal("a repetition of a repetition") }
        return .repeated(part, from: low, upTo: high)
    }

    private mutating func number() throws(LinearPattern.Refusal) -> Int {
        let start = place
        var number = 0
        while let digit = current, ("0"..."9").contains(digit), place - start < 5 {
            number = number * 10 + Int(digit.value - 0x30)
            place += 1
        }
        guard place > start else { throw refusal("a repetition that is none") }
        return number
    }

    private mutating func atom() throws(LinearPattern.Refusal) -> PatternExpression {
        guard let scalar = current else { return .empty }
        place += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .scalar(.dot)
        case "(": return try group()
        case "[": return .scalar(try set())
        case "\\":
            if take("b") { return .boundary(true) }
            if take("B") { return .boundary(false) }
            return .scalar(try escape())
        case "*", "+", "?", "{", "}", "]": throw refusal("\(scalar) without a backslash")
        default: return .scalar(ScalarSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() throws(LinearPattern.Refusal) -> PatternExpression {
        if take("?") {
            if take("<"), current != "=", current != "!" {
                while let letter = current, letter != ">" {
                    guard ScalarSet.word.contains(letter) else { throw refusal("a group's name") }
                    place += 1
                }
                guard take(">") else { throw refusal("a group's name") }
            } else if !take(":") {
                throw refusal("looking around")
            }
        }
        let inside = try choice()
        guard take(")") else { throw refusal("a group that is not closed") }
        return inside
    }

    private mutating func set() throws(LinearPattern.Refusal) -> ScalarSet {
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !take("]") {
            let first = try member()
            if current == "-", place + 1 < scalars.count, scalars[place + 1] != "]" {
                place += 1
                let last = try member()
                guard let low = first.only, let high = last.only, low <= high else { throw refusal("a range that is none") }
                ranges.append(low...high)
            } else {
                ranges += first.plainRanges
            }
        }
        return ScalarSet(ranges: ranges, isInverted: isInverted)
    }

    private mutating func member() throws(LinearPattern.Refusal) -> ScalarSet {
        guard let scalar = current else { throw refusal("a class that is not closed") }
        place += 1
        guard scalar == "\\" else { return ScalarSet(ranges: [scalar.value...scalar.value]) }
        return take("b") ? ScalarSet(ranges: [8...8]) : try escape()
    }

    /// Behind the backslash.
    private mutating func escape() throws(LinearPattern.Refusal) -> ScalarSet {
        guard let letter = current else { throw refusal("a backslash at the end") }
        place += 1
        let value: UInt32
        switch letter {
        case "d": return .digit
        case "D": return ScalarSet.digit.inverted
        case "w": return .word
        case "W": return ScalarSet.word.inverted
        case "s": return .space
        case "S": return ScalarSet.space.inverted
        case "t": value = 9
        case "n": value = 10
        case "v": value = 11
        case "f": value = 12
        case "r": value = 13
        case "0" where current.map { ("0"..."9").contains($0) } != true: value = 0
        case "x": value = try hex(2)
        case "u":
            if take("{") {
                value = try hex(upTo: "}")
            } else {
                value = try hex(4)
            }
        case let mark where Self.syntax.contains(mark): value = mark.value
        default: throw refusal("\\\(letter)")
        }
        guard Unicode.Scalar(value) != nil else { throw refusal("half of a character") }
        return ScalarSet(ranges: [value...value])
    }

    private mutating func hex(_ count: Int) throws(LinearPattern.Refusal) -> UInt32 {
        let digits = String(String.UnicodeScalarView(scalars[place...].prefix(count)))
        guard digits.unicodeScalars.count == count, !digits.hasPrefix("+"), let value = UInt32(digits, radix: 16) else { throw refusal("hexadecimal digits") }
        place += count
        return value
    }

    private mutating func hex(upTo end: Unicode.Scalar) throws(LinearPattern.Refusal) -> UInt32 {
        let count = scalars[place...].prefix(7).prefix { $0 != end }.count
        guard (1...6).contains(count) else { throw refusal("hexadecimal digits") }
        let value = try hex(count)
        guard take(end) else { throw refusal("hexadecimal digits") }
        return value
    }
}

extension ScalarSet {
    /// The one scalar that it is; nil for a class.
    fileprivate var only: UInt32? {
        guard !isInverted, ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
