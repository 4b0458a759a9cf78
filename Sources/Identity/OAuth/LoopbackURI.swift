/// `http://` to this machine, taken apart around its port (RFC 8252 §7.3).
struct LoopbackURI: Sendable, Hashable {
    /// `127.0.0.1`, `[::1]` or `localhost`, each for itself.
    let host: String
    /// From the path on.
    let rest: String

    private static let hosts = ["127.0.0.1", "[::1]", "localhost"]

    /// Nil for everything else. The spelling counts: `HTTP://` or `[0:0:0:0:0:0:0:1]` is something else.
    init?(_ text: String) {
        guard text.hasPrefix("http://") else { return nil }
        let authority = text.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let host = Self.hosts.first(where: { authority == $0 || authority.hasPrefix($0 + ":") }) else { return nil }
        let port = authority.dropFirst(host.count)
        guard port.isEmpty || Self.isPort(port.dropFirst()) else { return nil }
        self.host = host
        rest = String(text[authority.endIndex...])
    }

    static func isPort(_ text: Substring) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (UInt16(text) ?? 0) > 0
    }
}
