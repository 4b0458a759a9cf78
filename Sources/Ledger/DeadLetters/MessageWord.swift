/// What a word of an error message says to everybody, and what only to one job.
enum MessageWord {
    enum Placeholder: String {
        case number = "n"
        case id
        case address = "ip"
        case time
        case string = "str"
    }

    enum Part: Equatable {
        case text(ArraySlice<Unicode.Scalar>)
        case placeholder(Placeholder)
    }

    private typealias Word = ArraySlice<Unicode.Scalar>

    /// After these words a number is the name of a failure, and no measure: 404 and 503 are two groups.
    private static let naming: Set<String> = ["status", "code", "answered", "errno", "signal", "sqlstate"]
    private static let longestName = 5
    /// Shorter ones can be words.
    private static let shortestHex = 8
    private static let shortestToken = 20

    static func namesNumber(_ word: String) -> Bool { naming.contains(word) }

    static func parts(of word: ArraySlice<Unicode.Scalar>, keepsNumber: Bool) -> [Part] {
        if keepsNumber, word.count <= longestName, word.allSatisfy(isLetterOrDigit) { return [.text(word)] }
        if let whole = whole(word) { return [.placeholder(whole)] }
        // `key=0af3…`, `user:42`, `order/0af3…`: each side by itself.
        if let mark = word.lastIndex(where: { $0 == ":" || $0 == "@" || $0 == "+" }), mark > word.startIndex {
            return parts(of: word[..<mark], keepsNumber: false) + [.text(word[mark...mark])] + parts(of: word[(mark + 1)...], keepsNumber: false)
        }
        return numbers(in: word)
    }

    /// What the whole word stands for; nil for an ordinary one.
    private static func whole(_ word: ArraySlice<Unicode.Scalar>) -> Placeholder? {
        guard word.contains(where: { isDigit($0) || $0 == ":" }) else { return isLongHex(word) ? .id : nil }
        if isTime(word) { return .time }
        if isAddress(word) { return .address }
        let bare = word.filter { $0 != "-" }
        if isUUID(word) || isHex(bare[...]) || isOurs(word) { return .id }
        if word.count >= shortestToken, word.contains(where: isLetter), word.allSatisfy({ isLetterOrDigit($0) || "-_.+".unicodeScalars.contains($0) }),
            word.count(where: isDigit) * 8 >= word.count
        {
            return .id
        }
        return nil
    }

    /// Digits, with points and commas between them, are one number, wherever in the word.
    private static func numbers(in word: ArraySlice<Unicode.Scalar>) -> [Part] {
        var parts: [Part] = []
        var rest = word
        while let first = rest.firstIndex(where: isDigit) {
            if first > rest.startIndex { parts.append(.text(rest[..<first])) }
            var end = first
            while end < rest.endIndex, isDigit(rest[end]) || (rest[end] == "." && end + 1 < rest.endIndex && isDigit(rest[end + 1])) { end += 1 }
            parts.append(.placeholder(.number))
            rest = rest[end...]
        }
        if !rest.isEmpty { parts.append(.text(rest)) }
        return parts
    }

    // MARK: Forms

    /// `2024-01-15`, `10:30:00.5`, `2024-01-15t10:30:00+01:00`, `2024/01/15` is three numbers.
    private static func isTime(_ word: Word) -> Bool {
        let halves = word.split(separator: "t", maxSplits: 1, omittingEmptySubsequences: false)
        return halves.count == 2 ? isDate(halves[0]) && isClock(halves[1]) : isDate(word) || isClock(word)
    }

    private static func isDate(_ word: Word) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && zip(parts, [4, 2, 2]).allSatisfy { $0.count == $1 && $0.allSatisfy(isDigit) }
    }

    private static func isClock(_ word: Word) -> Bool {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...4).contains(parts.count), parts[0].count == 2, parts[0].allSatisfy(isDigit), word.count > 5 || parts[1].count == 2 else { return false }
        return word.allSatisfy { isDigit($0) || ":.z+-".unicodeScalars.contains($0) }
    }

    /// IPv4 with or without a port, or IPv6.
    private static func isAddress(_ word: Word) -> Bool {
        let sides = word.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = sides[0].split(separator: ".", omittingEmptySubsequences: false)
        if numbers.count == 4, numbers.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(isDigit) }) {
            return sides.count == 1 || (sides.count == 2 && !sides[1].isEmpty && sides[1].allSatisfy(isDigit))
        }
        return sides.count > 2 && sides.allSatisfy { $0.count <= 4 || $0.contains(".") }
            && word.allSatisfy { isHexDigit($0) || $0 == ":" || $0 == "." }
    }

    private static func isUUID(_ word: Word) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 5 && zip(parts, [8, 4, 4, 4, 12]).allSatisfy { $0.count == $1 && $0.allSatisfy(isHexDigit) }
    }

    private static func isHex(_ word: Word) -> Bool {
        let digits = word.starts(with: "0x".unicodeScalars) && word.count > 2 ? word.dropFirst(2) : word
        return (digits.count < word.count || (word.count >= shortestHex && word.contains(where: isLetter))) && digits.allSatisfy(isHexDigit)
    }

    private static func isLongHex(_ word: Word) -> Bool { word.count >= 2 * shortestHex && word.allSatisfy(isHexDigit) }

    /// `job_01jd…`: a prefix and 26 characters.
    private static func isOurs(_ word: Word) -> Bool {
        guard let mark = word.lastIndex(of: "_"), mark > word.startIndex else { return false }
        let id = word[(mark + 1)...]
        return word[..<mark].allSatisfy(isLetter) && id.count == 26 && id.allSatisfy(isLetterOrDigit)
    }

    // MARK: Characters

    static func isPart(_ scalar: Unicode.Scalar) -> Bool { isLetterOrDigit(scalar) || "_-.:@+".unicodeScalars.contains(scalar) }
    static func isClosing(_ scalar: Unicode.Scalar) -> Bool { ".,:;!?".unicodeScalars.contains(scalar) }
    static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool { isDigit(scalar) || isLetter(scalar) }
    static func string(_ word: ArraySlice<Unicode.Scalar>) -> String { String(String.UnicodeScalarView(word)) }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) || (scalar.value > 0x7f && scalar.properties.isAlphabetic) }
    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private static func isHexDigit(_ scalar: Unicode.Scalar) -> Bool { isDigit(scalar) || ("a"..."f").contains(scalar) }
}
