import Synchronization

/// Where the world reaches this installation: what tokens are issued by, and what every address in them begins with.
package final class Issuer: Sendable {
    private let text: Mutex<String>

    /// - Parameter text: `VOICERA_PUBLIC_URL`; nil when it is where the process listens, which is known once it does.
    package init(_ text: String?) { self.text = Mutex(text ?? "") }

    package var url: String { text.withLock { $0 } }

    /// Does nothing where an address is set.
    package func listens(host: String, port: Int, scheme: String = "http") {
        let name = host.contains(":") ? "[\(host)]" : host
        text.withLock { if $0.isEmpty { $0 = "\(scheme)://\(name):\(port)" } }
    }

    /// Behind the host; empty for most.
    package var path: String {
        let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
    }

    package func url(of path: String) -> String { url + path }

    /// A description of RFC 8414 or 9728: the path of what is described comes after its own (RFC 8414 §3.1).
    package func wellKnown(_ name: String) -> String {
        let whole = url
        return "\(whole.dropLast(path.utf8.count))/.well-known/\(name)\(path)"
    }

    /// Nil for a text that cannot be one: https, or http for what is not for the world; no query, no fragment, no slash at its end.
    package static func check(_ text: String) -> String? {
        let hasScheme = text.hasPrefix("https://") || text.hasPrefix("http://")
        guard hasScheme, text.utf8.count <= 512, !text.hasSuffix("/"), text.utf8.allSatisfy(isPlain),
            let host = text.split(separator: "://", maxSplits: 1).last?.prefix(while: { $0 != "/" }), !host.isEmpty, !host.contains("@")
        else { return nil }
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~:/[]@%".utf8.contains(byte)
        }
    }
}
