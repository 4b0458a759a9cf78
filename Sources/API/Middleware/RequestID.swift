import Primitives

/// The id of a request: the client's own when it sent a plain one.
enum RequestID {
    private static let longest = 128

    static func accept(_ header: String?) -> String {
        if let header, (1...longest).contains(header.utf8.count), header.utf8.allSatisfy(isPlain) { return header }
        return "req_\(IdentifierSource.system.next())"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
