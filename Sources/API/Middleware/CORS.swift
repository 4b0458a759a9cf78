import HTTPTypes
import Hummingbird

/// Lets pages of the sites that were configured call the API (Fetch's CORS protocol). Without credentials: a key is a header, cookies are for our own
/// pages, which no other site may call.
struct CORS: Sendable {
    let origins: Origins

    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let headers =
        "Authorization, X-API-Key, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id, traceparent, tracestate, DPoP"
    private static let exposed =
        "X-Request-Id, Link, ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, Preference-Applied, WWW-Authenticate, DPoP-Nonce"
    private static let longestCached = "600"
    /// Pages that a person signs in on.
    private static let closed = ["/api/oauth/authorize", "/api/oauth/login", "/api/oauth/consent", "/api/oauth/consents", "/api/oauth/logout"]

    /// The answer to a browser's question ahead of its request; nil when it is none.
    func preflight(_ request: Request) -> Response? {
        guard request.method == .options, isOpen(request), allowed(request.headers[.origin]) != nil,
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        return Response(
            status: .noContent,
            headers: [.accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.headers, .accessControlMaxAge: Self.longestCached])
    }

    func add(to response: inout Response, of request: Request) {
        guard isOpen(request) else { return }
        if let allowed = allowed(request.headers[.origin]) {
            response.headers[.accessControlAllowOrigin] = allowed
            if !response.headers.contains(.accessControlAllowMethods) { response.headers[.accessControlExposeHeaders] = Self.exposed }
        }
        // What a cache keeps for one site is not for another.
        if case .some = origins { response.headers.vary(by: "Origin") }
    }

    private func isOpen(_ request: Request) -> Bool { origins != .none && !Self.closed.contains(request.uri.path) }

    private func allowed(_ origin: String?) -> String? {
        guard let origin else { return nil }
        return switch origins {
        case .none: nil
        case .all: "*"
        case .some(let known): known.contains(origin) ? origin : nil
        }
    }
}

extension HTTPFields {
    mutating func vary(by name: String) { self[.vary] = self[.vary].map { "\($0), \(name)" } ?? name }
}
