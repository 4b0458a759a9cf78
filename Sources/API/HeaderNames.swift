import HTTPTypes

extension HTTPField.Name {
    static let requestID = constant("X-Request-Id")
    static let apiKey = constant("X-API-Key")
    static let idempotencyKey = constant("Idempotency-Key")
    static let idempotentReplayed = constant("Idempotent-Replayed")
    static let traceparent = constant("traceparent")
    static let tracestate = constant("tracestate")
    static let prefer = constant("Prefer")
    static let preferenceApplied = constant("Preference-Applied")
    static let link = constant("Link")
    static let dpop = constant("DPoP")
    static let dpopNonce = constant("DPoP-Nonce")
    static let pragma = constant("Pragma")
    static let referrerPolicy = constant("Referrer-Policy")
    static let frameOptions = constant("X-Frame-Options")
    static let fetchSite = constant("Sec-Fetch-Site")
    static let rateLimit = constant("RateLimit")
    static let rateLimitPolicy = constant("RateLimit-Policy")
    static let xForwardedFor = constant("X-Forwarded-For")
    static let forwarded = constant("Forwarded")

    private static func constant(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no header name") }
        return name
    }
}
