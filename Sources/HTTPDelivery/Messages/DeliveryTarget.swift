package import Primitives

/// A receiver's URL, parsed and normalised once by the parser that also dials it: what was judged is what is called.
package struct DeliveryTarget: Sendable, Hashable {
    /// Normalised, without fragment. May hold a secret (many services put one into the path): `description` leaves it out.
    package let text: String
    /// In lower case and ASCII, without brackets and final dot.
    package let host: String
    package let port: UInt16
    package let isHTTPS: Bool
    /// The host when it is spelled as an address.
    package let address: IPAddress?
    /// The URL for curl: the host carries the final dot of a fully qualified name when the policy asks for it.
    let dialText: String
    /// Replaces the one curl derives, which would show the final dot; nil when there is none.
    let hostHeader: String?

    /// - Throws: `invalidURL` or `addressRefused`, with a reason for the person who typed it.
    package init(_ text: String, policy: AddressPolicy) throws(DeliveryError) {
        let url = try Self.parse(text)
        guard url.scheme == "https" || url.scheme == "http" else { throw Self.invalid("the URL must begin with https://") }
        let isHTTPS = url.scheme == "https"
        if let objection = policy.objection(isHTTPS: isHTTPS, port: url.port) { throw Self.invalid(objection) }

        let bare = url.host.hasPrefix("[") ? String(url.host.dropFirst().dropLast()) : url.host
        let address = IPAddress(bare)
        if let address {
            guard Self.spells(text, url.host) else { throw Self.invalid("the host is an address in an unusual spelling") }
            guard policy.verdict(address) == .allowed else { throw Self.refusal }
        } else if let objection = Self.objection(toName: bare, policy: policy) {
            throw Self.invalid(objection)
        }

        self.text = url.text
        self.host = bare
        self.port = url.port
        self.isHTTPS = isHTTPS
        self.address = address
        // Names under localhost are answered by curl itself, which does not know them with a dot.
        if address == nil, policy.qualifiesNames, bare.contains("."), !bare.hasSuffix(".localhost") {
            let suffix = url.port == (isHTTPS ? 443 : 80) ? "" : ":\(url.port)"
            hostHeader = bare + suffix
            dialText = "\(url.scheme)://\(bare).\(suffix)\(url.pathAndQuery)"
        } else {
            hostHeader = nil
            dialText = url.text
        }
    }

    static let maximumLength = 4096
    static let refusal = DeliveryError(.addressRefused, "deliveries to this address are not allowed")

    private static func invalid(_ detail: String) -> DeliveryError { DeliveryError(.invalidURL, detail) }

    private static func parse(_ text: String) throws(DeliveryError) -> ParsedURL {
        guard text.utf8.count <= maximumLength else { throw invalid("the URL is longer than \(maximumLength) bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw invalid("the URL has a space or a control character") }
        var text = text
        // Each change of the host (IDNA, the final dot) can make a number of it, so that it is read again until it stays as it is.
        for _ in 0..<3 {
            let url: ParsedURL
            do { url = try ParsedURL(text) } catch { throw invalid(error.reason) }
            var host = url.asciiHost.lowercased()
            if host.hasSuffix(".") { host.removeLast() }
            if host == url.host { return url }
            text = "\(url.scheme)://\(host):\(url.port)\(url.pathAndQuery)"
        }
        throw invalid("the host is not valid")
    }

    /// `2130706433`, `0x7f.1`, `127.1` and `%31…` are addresses to some parsers and names to others: only the common form is taken.
    private static func spells(_ text: String, _ host: String) -> Bool {
        guard let start = text.firstRange(of: "//") else { return false }
        let rest = text[start.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
        // IPv6 has many honest spellings, and the brackets leave no doubt that it is one.
        if host.hasPrefix("[") { return authority.hasPrefix("[") }
        return authority == host || authority.hasPrefix(host + ":") || authority == host + "." || authority.hasPrefix(host + ".:")
    }

    private static func objection(toName name: String, policy: AddressPolicy) -> String? {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) && $0.utf8.allSatisfy(isNameByte) }) else {
            return "the host is not a valid name"
        }
        guard let last = labels.last, !isNumber(last) else { return "the host is not a valid address" }
        return labels.count > 1 || !policy.allowed.isEmpty ? nil : "the host must be a fully qualified name"
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        label.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } || label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit)
    }
}

extension DeliveryTarget: CustomStringConvertible {
    package var description: String { address?.family == .v6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
