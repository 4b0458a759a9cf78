import Primitives

/// Makes inputs out of good ones: the same for the same seed, so that a run can be repeated.
struct Mutator {
    private var numbers: SplitMix64

    init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Bytes at which readers like to stumble.
    private static let odd: [[UInt8]] = [
        [0], [0xff], [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbb, 0xbf], [0xc2, 0xa0], Array("%".utf8), Array("%0".utf8), Array("%00".utf8), Array("%zz".utf8),
        Array("\\u0000".utf8), Array("\\ud800".utf8), Array("\"".utf8), Array("\\".utf8), Array("[[[[[[[[".utf8), Array("{\"a\":".utf8), Array("}".utf8), Array("-".utf8), Array("1e999".utf8),
        Array("9223372036854775808".utf8), Array("-9223372036854775809".utf8), Array("99999999999999999999".utf8), Array("0".utf8), Array("/".utf8), Array("//".utf8), Array("../".utf8), Array(":".utf8),
        Array("::".utf8), Array("/129".utf8), Array("::ffff:".utf8), Array("@".utf8), Array("#".utf8), Array("?".utf8), Array("&".utf8), Array("=".utf8), Array("+".utf8), Array(".".utf8), Array("..".utf8),
        Array(",".utf8), Array(";".utf8), Array(" ".utf8), Array("\r\n".utf8), Array("Z".utf8), Array("T24:60:61".utf8), Array("e\u{301}".utf8), Array("\u{1f600}".utf8), Array("null".utf8), Array("_".utf8),
    ]

    mutating func mutate(_ seeds: [[UInt8]]) -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        for _ in 0...below(4) {
            switch below(9) {
            case 0 where !bytes.isEmpty: bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
            case 1 where !bytes.isEmpty: bytes[below(bytes.count)] = UInt8(truncatingIfNeeded: next())
            case 2: bytes.insert(contentsOf: Self.odd[below(Self.odd.count)], at: below(bytes.count + 1))
            case 3 where !bytes.isEmpty:
                let start = below(bytes.count)
                bytes.removeSubrange(start..<start + 1 + below(min(8, bytes.count - start)))
            case 4 where !bytes.isEmpty:
                let start = below(bytes.count)
                let part = bytes[start..<start + 1 + below(bytes.count - start)]
                bytes.insert(contentsOf: part, at: below(bytes.count + 1))
            case 5: bytes = Array(bytes.prefix(below(bytes.count + 1)))
            case 6: bytes += seeds[below(seeds.count)]
            case 7: bytes = Array(bytes.prefix(below(bytes.count + 1))) + seeds[below(seeds.count)].dropFirst(below(8))
            case 8: bytes = (0..<below(40)).map { _ in UInt8(truncatingIfNeeded: next()) }
            default: bytes.append(UInt8(truncatingIfNeeded: next()))
            }
            if bytes.count > 4096 { bytes.removeLast(bytes.count - 4096) }
        }
        return bytes
    }
}
