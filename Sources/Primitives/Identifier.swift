/// A sortable 128-bit id (UUID version 7): 48 bits of Unix milliseconds, then random bits.
///
/// Its text is 26 characters of lower-case Crockford base 32, whose byte order is the id's order: Redis sorts members as the ledger sorts rows.
/// The time inside comes from the process that made the id; nothing decides by it (law 8), it only keeps neighbours together in an index.
package struct Identifier: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new id for the given time, in milliseconds since 1970.
    package init(millisecondsSince1970 milliseconds: UInt64, using generator: inout some RandomNumberGenerator) {
        high = (milliseconds << 16) | 0x7000 | (generator.next() & 0x0fff)
        low = 0x8000_0000_0000_0000 | (generator.next() >> 2)
    }
}

extension Identifier: Comparable {
    package static func < (left: Identifier, right: Identifier) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

extension Identifier: LosslessStringConvertible {
    /// 26 characters for 130 bits: the first one carries only three.
    package static let textLength = 26
    private static let alphabet: [UInt8] = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    /// Value of each ASCII byte in base 32, 255 where it has none. Upper case is taken as lower.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() {
            table[Int(letter)] = UInt8(value)
            if letter >= 0x61 { table[Int(letter) - 32] = UInt8(value) }
        }
        return table
    }()

    package var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            write(to: buffer)
            return Self.textLength
        }
    }

    /// The text, into a buffer that has room for it.
    func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        var high = high
        var low = low
        for index in stride(from: Self.textLength - 1, through: 0, by: -1) {
            buffer[index] = Self.alphabet[Int(low & 31)]
            low = (low >> 5) | (high << 59)
            high >>= 5
        }
    }

    /// Nil unless the text is exactly one id's.
    package init?(_ description: String) {
        var text = description
        let parsed = text.withUTF8 { Identifier(ascii: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    package init?(ascii bytes: some Sequence<UInt8>) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for byte in bytes {
            let value = Self.values[Int(byte)]
            guard value != 255, count < Self.textLength, count > 0 || value < 8 else { return nil }
            high = (high << 5) | (low >> 59)
            low = (low << 5) | UInt64(value)
            count += 1
        }
        guard count == Self.textLength else { return nil }
        self.init(high: high, low: low)
    }
}
