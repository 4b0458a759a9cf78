/// Passes or refuses a JSON text, by RFC 8259 and without leniency: no comment, no trailing comma, no byte order mark, UTF-8 only, and every
/// escaped surrogate in a pair, so that each string has a text.
struct JSONGrammar {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Where the one value of the text is.
    mutating func document() throws(RawJSON.Defect) -> Range<Int> {
        skipSpace()
        let start = position
        try value(depth: 0)
        let end = position
        skipSpace()
        guard position == bytes.count else { throw defect }
        // Last, since it copies: outside of strings the grammar has only let ASCII through.
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed(offset: start) }
        return start..<end
    }

    private var defect: RawJSON.Defect { .malformed(offset: position) }

    /// Zero beyond the end: no JSON text has that byte.
    private var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0a || current == 0x0d || current == 0x09 { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(RawJSON.Defect) {
        guard current == byte else { throw defect }
        position += 1
    }

    private mutating func value(depth: Int) throws(RawJSON.Defect) {
        switch current {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < maximumDepth else { throw .tooDeep(limit: maximumDepth) }
            try container(depth: depth + 1)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    private mutating func container(depth: Int) throws(RawJSON.Defect) {
        let isObject = current == UInt8(ascii: "{")
        let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        position += 1
        skipSpace()
        if current == end {
            position += 1
            return
        }
        while true {
            if isObject {
                guard current == UInt8(ascii: "\"") else { throw defect }
                try string()
                skipSpace()
                try expect(UInt8(ascii: ":"))
                skipSpace()
            }
            try value(depth: depth)
            skipSpace()
            guard current == UInt8(ascii: ",") else { break }
            position += 1
            skipSpace()
        }
        try expect(end)
    }

    private mutating func literal(_ text: StaticString) throws(RawJSON.Defect) {
        for byte in text.description.utf8 { try expect(byte) }
    }

    private mutating func number() throws(RawJSON.Defect) {
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(RawJSON.Defect) {
        let start = position
        while current >= 0x30, current <= 0x39 { position += 1 }
        guard position > start else { throw defect }
    }

    private mutating func string() throws(RawJSON.Defect) {
        position += 1
        while current != UInt8(ascii: "\"") {
            guard current >= 0x20 else { throw defect }
            if current == UInt8(ascii: "\\") {
                position += 1
                try escape()
            } else {
                position += 1
            }
        }
        position += 1
    }

    private mutating func escape() throws(RawJSON.Defect) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            guard UTF16.isSurrogate(unit) else { return }
            guard UTF16.isLeadSurrogate(unit) else { throw defect }
            try expect(UInt8(ascii: "\\"))
            guard current == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try hexUnit()) else { throw defect }
        default: throw defect
        }
    }

    /// From the `u` on.
    private mutating func hexUnit() throws(RawJSON.Defect) -> UInt16 {
        position += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = JSONEscapes.hexDigit(current) else { throw defect }
            unit = unit << 4 | digit
            position += 1
        }
        return unit
    }
}

enum JSONEscapes {
    static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: UInt16(byte - 0x30)
        case 0x41...0x46: UInt16(byte - 0x41 + 10)
        case 0x61...0x66: UInt16(byte - 0x61 + 10)
        default: nil
        }
    }

    /// The text of a string's inside that the grammar has passed.
    static func resolve(_ inner: ArraySlice<UInt8>) -> String {
        var units: [UInt16] = []
        var text = ""
        var plain = inner.startIndex
        var position = inner.startIndex
        while position < inner.endIndex {
            guard inner[position] == UInt8(ascii: "\\"), position + 1 < inner.endIndex else {
                position += 1
                continue
            }
            text += String(decoding: inner[plain..<position], as: UTF8.self)
            if inner[position + 1] == UInt8(ascii: "u"), position + 6 <= inner.endIndex {
                units.append(inner[position + 2..<position + 6].reduce(0) { $0 << 4 | (hexDigit($1) ?? 0) })
                position += 6
                if let last = units.last, !UTF16.isLeadSurrogate(last) {
                    text += String(decoding: units, as: UTF16.self)
                    units.removeAll()
                }
            } else {
                text.unicodeScalars.append(character(inner[position + 1]))
                position += 2
            }
            plain = position
        }
        return text + String(decoding: inner[plain...], as: UTF8.self)
    }

    private static func character(_ letter: UInt8) -> Unicode.Scalar {
        switch letter {
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{c}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: Unicode.Scalar(letter)
        }
    }
}
