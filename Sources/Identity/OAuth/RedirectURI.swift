/// Why a redirect URI is not registered.
package enum RedirectURIError: Error, Sendable, Equatable, CaseIterable {
    case empty
    case tooLong
    /// A blank, a control character, a backslash, a quote, or anything else that RFC 3986 has no place for.
    case forbiddenCharacter
    case hasFragment
    case hasWildcard
    /// No scheme, or nothing behind it.
    case notAbsolute
    /// Plain http to anything but this machine.
    case notSecure
    /// A scheme that is nobody's own: without a dot it may be another program's, or run as a script.
    case schemeWithoutDot
    case badHost
    case badPort
    /// A name or a password before the host.
    case hasUserInfo
    /// `.` or `..` in the path: where it leads is not what it says.
    case hasDotSegments

    /// For people, as the end of a sentence.
    package var reason: String {
        switch self {
        case .empty: "must not be empty"
        case .tooLong: "must not be longer than \(RedirectURI.longest) characters"
        case .forbiddenCharacter: "holds a character that a URI may not hold"
        case .hasFragment: "must not have a fragment"
        case .hasWildcard: "must not hold a wildcard"
        case .notAbsolute: "must be an absolute URI"
        case .notSecure: "must be https; http is for 127.0.0.1, [::1] and localhost only"
        case .schemeWithoutDot: "has a scheme of its own, which must hold a dot, such as com.example.app"
        case .badHost: "has no valid host"
        case .badPort: "has no valid port"
        case .hasUserInfo: "must not hold a user name"
        case .hasDotSegments: "must not have . or .. in its path"
        }
    }
}

/// Where an authorization may be sent to, as it was registered (RFC 6749 §3.1.2, RFC 8252, RFC 9700 §2.1).
package struct RedirectURI: Sendable, Hashable {
    package let text: String
    /// The parts around the port, for a URI of this machine; nil for all others.
    private let loopback: LoopbackURI?

    package static let longest = 2048

    package init(registering text: String) throws(RedirectURIError) {
        try Self.checkCharacters(text)
        guard let colon = text.firstIndex(of: ":"), Self.isScheme(text[..<colon]) else { throw .notAbsolute }
        let rest = text[text.index(after: colon)...]
        loopback = LoopbackURI(text)
        switch text[..<colon].lowercased() {
        case "https": try Self.checkHierarchy(rest)
        case "http":
            try Self.checkHierarchy(rest)
            guard loopback != nil else { throw .notSecure }
        case let scheme:
            guard scheme.contains(".") else { throw .schemeWithoutDot }
            guard rest.contains(where: { $0 != "/" }) else { throw .notAbsolute }
            try Self.checkPath(rest)
        }
        self.text = text
    }

    /// Letter for letter; only the port is free, and only on this machine, where a program takes the one that it is given.
    package func matches(_ requested: String) -> Bool {
        if requested == text { return requested.utf8.elementsEqual(text.utf8) }
        guard let loopback, let other = LoopbackURI(requested) else { return false }
        return loopback.host.utf8.elementsEqual(other.host.utf8) && loopback.rest.utf8.elementsEqual(other.rest.utf8)
    }

    // MARK: Registering

    private static func checkCharacters(_ text: String) throws(RedirectURIError) {
        if text.isEmpty { throw .empty }
        if text.utf8.count > longest { throw .tooLong }
        var digitsDue = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "#") { throw .hasFragment }
            if byte == UInt8(ascii: "*") { throw .hasWildcard }
            guard isAllowed(byte) else { throw .forbiddenCharacter }
            if digitsDue > 0 {
                guard isHexDigit(byte) else { throw .forbiddenCharacter }
                digitsDue -= 1
            } else if byte == UInt8(ascii: "%") {
                digitsDue = 2
            }
        }
        if digitsDue > 0 { throw .forbiddenCharacter }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-._~:/?[]@!$&'()+,;=%".utf8.contains(byte)
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
    }

    /// `//host[:port][/path][?query]`
    private static func checkHierarchy(_ rest: Substring) throws(RedirectURIError) {
        guard rest.hasPrefix("//") else { throw .notAbsolute }
        let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        if authority.contains("@") { throw .hasUserInfo }
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .badHost }
            host = authority[...end]
            let address = host.dropFirst().dropLast()
            guard !address.isEmpty, address.contains(":"), address.utf8.allSatisfy({ isHexDigit($0) || ":.".utf8.contains($0) }) else { throw .badHost }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, !host.hasPrefix("."), host.utf8.allSatisfy({ isLetter($0) || isDigit($0) || "-._".utf8.contains($0) }) else {
                throw .badHost
            }
        }
        let port = authority[host.endIndex...]
        guard port.isEmpty || LoopbackURI.isPort(port.dropFirst()) && port.hasPrefix(":") else { throw .badPort }
        try checkPath(rest[authority.endIndex...])
    }

    private static func checkPath(_ text: Substring) throws(RedirectURIError) {
        let path = text.prefix { $0 != "?" }
        for segment in path.split(separator: "/") {
            let plain = segment.lowercased().replacing("%2e", with: ".")
            if plain == "." || plain == ".." { throw .hasDotSegments }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80 }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20) }
}
