internal import NIOCore

/// Writes commands as arrays of bulk strings, by hand.
///
/// `redisFormatCommandArgv` wants every word at a stable address first and its result copied once more into the socket's buffer;
/// writing each word where it is sent from does without both.
struct CommandEncoder {
    /// `*` or `$`, up to 19 digits, CRLF.
    private static let headerSize = 22

    private(set) var buffer: ByteBuffer

    /// `capacity`: from `sizeBound`, so that the buffer is allocated once.
    init(capacity: Int) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

    /// At least what one command takes. A command may come in parts, so that a script's arguments need not be copied behind its header.
    static func sizeBound(_ parts: [[RedisArgument]]) -> Int {
        var size = headerSize
        for part in parts {
            for word in part {
                switch word {
                case .string(let text): size += headerSize + 2 + text.utf8.count
                case .bytes(let bytes): size += headerSize + 2 + bytes.count
                case .int: size += headerSize + 2 + 20
                }
            }
        }
        return size
    }

    mutating func append(_ parts: [[RedisArgument]]) {
        let words = parts.reduce(0) { $0 + $1.count }
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.sizeBound(parts)) { bytes in
            var cursor = unsafe Cursor(bytes: bytes)
            cursor.header(UInt8(ascii: "*"), words)
            for part in parts {
                for word in part { cursor.word(word) }
            }
            return cursor.offset
        }
    }

    /// Where the next byte goes. The memory is `sizeBound` bytes, so nothing here asks again whether there is room.
    @safe private struct Cursor: ~Copyable {
        let bytes: UnsafeMutableRawBufferPointer
        var offset = 0

        init(bytes: UnsafeMutableRawBufferPointer) { unsafe self.bytes = bytes }

        mutating func word(_ word: RedisArgument) {
            switch word {
            case .string(var text):
                text.withUTF8 { unsafe bulk(UnsafeRawBufferPointer($0)) }
            case .bytes(let array):
                unsafe array.withUnsafeBytes { unsafe bulk($0) }
            case .int(let integer):
                header(UInt8(ascii: "$"), Self.digits(integer.magnitude) + (integer < 0 ? 1 : 0))
                if integer < 0 { byte(UInt8(ascii: "-")) }
                decimal(integer.magnitude)
                lineEnd()
            }
        }

        private mutating func bulk(_ source: UnsafeRawBufferPointer) {
            header(UInt8(ascii: "$"), source.count)
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: source)
            offset += source.count
            lineEnd()
        }

        mutating func header(_ type: UInt8, _ count: Int) {
            byte(type)
            decimal(UInt64(count))
            lineEnd()
        }

        private mutating func lineEnd() {
            byte(UInt8(ascii: "\r"))
            byte(UInt8(ascii: "\n"))
        }

        private mutating func byte(_ byte: UInt8) {
            unsafe bytes[offset] = byte
            offset += 1
        }

        private mutating func decimal(_ number: UInt64) {
            let count = Self.digits(number)
            var rest = number
            for place in stride(from: count - 1, through: 0, by: -1) {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                unsafe bytes[offset + place] = UInt8(ascii: "0") + UInt8(digit)
                rest = quotient
            }
            offset += count
        }

        private static func digits(_ number: UInt64) -> Int {
            var count = 1
            var rest = number
            while rest >= 10 {
                rest /= 10
                count += 1
            }
            return count
        }
    }
}
