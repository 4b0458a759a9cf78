import Primitives

extension SplitMix64 {
    /// The text with a few bytes changed, taken out or put in; whatever is no UTF-8 then is replaced.
    mutating func mutation(of text: String) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let interesting: [UInt8] = Array("%:/@?#[]&=+.*\\\"\n\u{0}-_09azAZ{}, ".utf8) + [0x80, 0xc3, 0xff]
            let byte = interesting[Int.random(in: 0..<interesting.count, using: &self)]
            let place = Int.random(in: 0...bytes.count, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes.insert(byte, at: place)
            case 1 where place < bytes.count: bytes[place] = byte
            case 2 where place < bytes.count: bytes.remove(at: place)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 0...3, using: &self)))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
