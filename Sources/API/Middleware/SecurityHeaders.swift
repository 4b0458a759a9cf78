import HTTPTypes

/// Headers that keep a browser from doing more with an answer than was meant. A page that needs other ones sets its own.
struct SecurityHeaders: Sendable {
    private static let nothing = HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'")
    private static let noReferrer = HTTPField(name: .referrerPolicy, value: "no-referrer")
    private static let noFrame = HTTPField(name: .frameOptions, value: "DENY")
    private static let noSniffing = HTTPField(name: .xContentTypeOptions, value: "nosniff")
    private static let onlyTLS = HTTPField(name: .strictTransportSecurity, value: "max-age=31536000")

    /// Whether it is TLS that we answer by.
    let isSecure: Bool

    func add(to headers: inout HTTPFields) {
        if !headers.contains(.xContentTypeOptions) { headers.append(Self.noSniffing) }
        if !headers.contains(.contentSecurityPolicy) { headers.append(Self.nothing) }
        if !headers.contains(.referrerPolicy) { headers.append(Self.noReferrer) }
        if !headers.contains(.frameOptions) { headers.append(Self.noFrame) }
        if isSecure { headers.append(Self.onlyTLS) }
    }
}
