import HTTPTypes
import Primitives

/// The proxies of ours that a request comes through, each of which adds the address that it was called from to a header. What stands further left in the
/// header is what anybody may have written, and is not believed.
package struct TrustedProxies: Sendable, Equatable {
    /// Which header the proxies write. The other one is a client's and ignored: a proxy passes it on untouched.
    package enum Header: Sendable, Equatable { case xForwardedFor, forwarded }

    package var count: Int
    package var header: Header

    package static let none = TrustedProxies(count: 0)
    package static let most = 16

    package init(count: Int, header: Header = .xForwardedFor) {
        self.count = count
        self.header = header
    }

    /// `2`, or `forwarded:2` for proxies that write `Forwarded` (RFC 7239).
    package init?(_ text: String) {
        let isForwarded = text.hasPrefix("forwarded:")
        guard let count = Int(isForwarded ? text.dropFirst("forwarded:".count) : text[...]), (0...Self.most).contains(count) else { return nil }
        self.init(count: count, header: isForwarded ? .forwarded : .xForwardedFor)
    }

    /// The client's address. A header that our proxies cannot have written leaves the connection's own.
    func client(of headers: HTTPFields, peer: IPAddress?) -> IPAddress? {
        guard count > 0 else { return peer }
        let elements = headers[values: header == .xForwardedFor ? .xForwardedFor : .forwarded].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard elements.count >= count else { return peer }
        let element = elements[elements.count - count]
        let node = header == .xForwardedFor ? Self.trimmed(element) : Self.node(ofForwarded: element)
        return node.flatMap(Self.address) ?? peer
    }

    /// The `for` of an element such as `for="[2001:db8::1]:4711";proto=https`.
    private static func node(ofForwarded element: Substring) -> Substring? {
        for pair in element.split(separator: ";") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, trimmed(sides[0]).lowercased() == "for" else { continue }
            let value = trimmed(sides[1])
            return value.hasPrefix("\"") && value.hasSuffix("\"") && value.utf8.count > 1 ? value.dropFirst().dropLast() : value
        }
        return nil
    }

    /// An address alone, or with the port behind it.
    private static func address(_ node: Substring) -> IPAddress? {
        if node.hasPrefix("[") {
            let parts = node.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].isEmpty || isPort(parts[1]) else { return nil }
            return IPAddress(String(parts[0])).flatMap { $0.family == .v6 ? $0.unmapped : nil }
        }
        if let address = IPAddress(String(node)) { return address.unmapped }
        let parts = node.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, isPort(node[parts[0].endIndex...]) else { return nil }
        return IPAddress(String(parts[0])).flatMap { $0.family == .v4 ? $0 : nil }
    }

    private static func isPort(_ text: Substring) -> Bool { text.first == ":" && UInt16(text.dropFirst()) != nil }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }
}
