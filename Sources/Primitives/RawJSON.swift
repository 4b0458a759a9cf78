/// A view on JSON text that keeps every value to the byte: what is passed on is what came in, long numbers and spelling included.
///
/// The whole text is checked once, by the grammar of RFC 8259; members and elements are then found in it, not copied. An object that names a
/// member twice has the last one.
package struct RawJSON: Sendable {
    package enum Kind: Sendable, Equatable { case object, array, string, number, boolean, null }

    /// What keeps a text from being taken.
    package enum Defect: Error, Sendable, Equatable {
        /// Where the first byte is that cannot be there.
        case malformed(offset: Int)
        case tooDeep(limit: Int)
    }

    package struct Member: Sendable {
        package let name: String
        package let value: RawJSON
    }

    private let bytes: [UInt8]
    private let range: Range<Int>

    /// - Parameter maximumDepth: objects and arrays inside one another; the stack grows with it.
    package init(_ bytes: [UInt8], maximumDepth: Int = 64) throws(Defect) {
        var grammar = JSONGrammar(bytes: bytes, maximumDepth: maximumDepth)
        range = try grammar.document()
        self.bytes = bytes
    }

    private init(bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    package var kind: Kind {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    package var isNull: Bool { kind == .null }
    package var byteCount: Int { range.count }
    package var text: String { String(decoding: bytes[range], as: UTF8.self) }

    /// In the order of the text, twice where a name is there twice. Nil unless this is an object.
    package var members: [Member]? {
        guard kind == .object else { return nil }
        var found: [Member] = []
        var skipper = JSONSkipper(bytes: bytes, position: range.lowerBound + 1)
        while let name = skipper.next(), let value = skipper.next() {
            found.append(Member(name: RawJSON(bytes: bytes, range: name).string ?? "", value: RawJSON(bytes: bytes, range: value)))
        }
        return found
    }

    /// Nil unless this is an array.
    package var elements: [RawJSON]? {
        guard kind == .array else { return nil }
        var found: [RawJSON] = []
        var skipper = JSONSkipper(bytes: bytes, position: range.lowerBound + 1)
        while let element = skipper.next() { found.append(RawJSON(bytes: bytes, range: element)) }
        return found
    }

    package subscript(name: String) -> RawJSON? { members?.last { $0.name == name }?.value }

    /// The text of a string, escapes resolved. Nil unless this is a string.
    package var string: String? {
        guard kind == .string else { return nil }
        let inner = bytes[range.lowerBound + 1..<range.upperBound - 1]
        guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
        return JSONEscapes.resolve(inner)
    }

    /// Nil for what is no number, has a fraction or an exponent, or does not fit.
    package var integer: Int64? { kind == .number ? Int64(text) : nil }
    package var boolean: Bool? { kind == .boolean ? bytes[range.lowerBound] == UInt8(ascii: "t") : nil }
}

/// Steps over the values of a text that `JSONGrammar` has passed.
private struct JSONSkipper {
    let bytes: [UInt8]
    var position: Int

    /// The next value, or a member's name, of the object or array that the position is in; nil at its end.
    mutating func next() -> Range<Int>? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ","), UInt8(ascii: ":"): position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): return nil
            default: return value()
            }
        }
        return nil
    }

    private mutating func value() -> Range<Int> {
        let start = position
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return start..<position }
                depth -= 1
                position += 1
            case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { return start..<position }
                position += 1
                continue
            default:
                position += 1
                continue
            }
            // A string or a bracket that closes the value is its end, whatever follows.
            if depth == 0 { break }
        }
        return start..<position
    }

    private mutating func skipString() {
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, bytes.count)
    }
}
