/// One walk over an error message, from word to word; see `Fingerprint.normalised`.
struct MessageNormaliser {
    /// Of a message, and of what comes of it: the start says what went wrong, the rest what it went wrong with.
    private static let longestRead = 1000
    private static let longestWritten = 256

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var text = String.UnicodeScalarView()
    /// The placeholder at the end of the text, apart from commas and blanks: a list of them is one.
    private var last: MessageWord.Placeholder?
    private var lengthAtLast = 0
    private var previousWord = ""

    init(_ message: String) {
        scalars = message.lowercased().unicodeScalars.prefix(Self.longestRead).map(Self.plain)
    }

    mutating func run() -> String {
        while position < scalars.count, text.count < Self.longestWritten {
            let scalar = scalars[position]
            if let end = endOfQuotation() {
                place(.string)
                position = end + 1
            } else if MessageWord.isPart(scalar) {
                word()
            } else {
                blankOrMark(scalar)
                position += 1
            }
        }
        if text.last == " " { text.removeLast() }
        return String(text.prefix(Self.longestWritten))
    }

    private mutating func blankOrMark(_ scalar: Unicode.Scalar) {
        if Self.isBlank(scalar) {
            if !text.isEmpty, text.last != " " { text.append(" ") }
        } else {
            if scalar != "," { last = nil }
            text.append(scalar)
        }
    }

    /// Control characters are blanks too, wherever they stand.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar.value < 0x20 }

    private mutating func word() {
        let first = position
        while position < scalars.count, MessageWord.isPart(scalars[position]) { position += 1 }
        if let end = endOfURL(from: first) {
            url(scalars[first..<end])
            position = end
            return
        }
        // A sentence's full stop or colon is none of the word's.
        while position > first + 1, MessageWord.isClosing(scalars[position - 1]) { position -= 1 }
        write(scalars[first..<position], keepsNumber: MessageWord.namesNumber(previousWord))
        let word = scalars[first..<position]
        // `status: 404`: a mark is no word.
        if word.contains(where: MessageWord.isLetterOrDigit) { previousWord = MessageWord.string(word) }
    }

    private mutating func write(_ word: ArraySlice<Unicode.Scalar>, keepsNumber: Bool) {
        for part in MessageWord.parts(of: word, keepsNumber: keepsNumber) {
            switch part {
            case .text(let part):
                last = nil
                text.append(contentsOf: part)
            case .placeholder(let placeholder): place(placeholder)
            }
        }
    }

    private mutating func place(_ placeholder: MessageWord.Placeholder) {
        if last == placeholder {
            text.removeLast(text.count - lengthAtLast)
        } else {
            text.append(contentsOf: "<\(placeholder.rawValue)>".unicodeScalars)
        }
        last = placeholder
        lengthAtLast = text.count
    }

    // MARK: Quotations

    /// Where the quotation ends that begins here; nil when none does. An apostrophe within a word begins and ends nothing.
    private func endOfQuotation() -> Int? {
        let quote = scalars[position]
        guard quote == "\"" || quote == "'" || quote == "`", position == 0 || !MessageWord.isLetterOrDigit(scalars[position - 1]) else { return nil }
        var end = position + 1
        while end < scalars.count {
            if scalars[end] == quote, end + 1 == scalars.count || !MessageWord.isLetterOrDigit(scalars[end + 1]) { return end }
            end += scalars[end] == "\\" ? 2 : 1
        }
        return nil
    }

    /// Typographers' quotation marks as a programmer's.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x201c, 0x201d, 0x201e, 0xab, 0xbb: "\""
        case 0x2018, 0x2019, 0x201a: "'"
        default: scalar
        }
    }

    // MARK: URLs

    /// Where a URL ends whose scheme begins at `first`; nil when it is none.
    private func endOfURL(from first: Int) -> Int? {
        // The word has taken the colon along and stopped before the slashes.
        guard position + 1 < scalars.count, position > first + 1, scalars[position - 1] == ":", scalars[position] == "/", scalars[position + 1] == "/"
        else { return nil }
        var end = position + 2
        while end < scalars.count, !Self.isBlank(scalars[end]), !"<>\"'`|(){}".unicodeScalars.contains(scalars[end]) { end += 1 }
        while end > position + 2, MessageWord.isClosing(scalars[end - 1]) { end -= 1 }
        return end
    }

    /// Scheme, host and path stay, the path's variable parts do not; port, query and fragment are dropped, and what stands before an `@`, since it
    /// may be a password.
    private mutating func url(_ url: ArraySlice<Unicode.Scalar>) {
        last = nil
        let end = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        let parts = url[..<end].split(separator: "/", omittingEmptySubsequences: true)
        guard parts.count > 1 else { return text.append(contentsOf: url) }
        text.append(contentsOf: parts[0])
        text.append(contentsOf: "//".unicodeScalars)
        let host = parts[1].lastIndex(of: "@").map { parts[1][($0 + 1)...] } ?? parts[1]
        let name = host.contains("[") ? host : host.split(separator: ":").first ?? host
        if name.first == "[" { place(.address) } else { write(name, keepsNumber: false) }
        for segment in parts.dropFirst(2) {
            last = nil
            text.append("/")
            write(segment, keepsNumber: false)
        }
        last = nil
        previousWord = ""
    }
}
