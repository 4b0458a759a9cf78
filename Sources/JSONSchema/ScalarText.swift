/// A string as JSON Schema compares it, by its scalars: two spellings of one accented letter are two strings. Swift's own strings are equal then.
struct ScalarText: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Unicode scalars: bytes that do not continue one.
    var count: Int { bytes.count { $0 & 0xc0 != 0x80 } }

    var description: String { String(decoding: bytes, as: UTF8.self) }
}
