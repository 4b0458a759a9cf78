import HTTPTypes
import Hummingbird

/// Lets pages of the sites that were configured call the API (Fetch's CORS protocol). Without credentials: a key is a header, cookies are for our own
/// pages, which no other site may call.
struct CORSMiddleware: RouterMiddleware {
    let origins: Origins

    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let headers =
        "Authorization, X-API-Key, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id, traceparent, tracestate, DPoP"
    private static let exposed =
        "X-Request-Id, Link, ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, Preference-Applied, WWW-Authenticate"
    private static let longestCached = "600"
    /// Pages that a person signs in on.
    private static let closed = ["/api/oauth/authorize", "/api/oauth/login", "/api/oauth/consent", "/api/oauth/logout"]

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        guard origins != .none, !Self.closed.contains(request.uri.path) else { return try await next(request, context) }
        guard let allowed = allowed(request.headers[.origin]) else { return varying(try await next(request, context)) }
        var response: Response
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(
                status: .noContent,
                headers: [
                    .accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.headers, .accessControlMaxAge: Self.longestCached,
                ])
        } else {
            response = try await next(request, context)
            response.headers[.accessControlExposeHeaders] = Self.exposed
        }
        response.headers[.accessControlAllowOrigin] = allowed
        return varying(response)
    }

    private func allowed(_ origin: String?) -> String? {
        guard let origin else { return nil }
        return switch origins {
        case .none: nil
        case .all: "*"
        case .some(let known): known.contains(origin) ? origin : nil
        }
    }

    /// What a cache keeps for one site is not for another.
    private func varying(_ response: Response) -> Response {
        guard case .some = origins else { return response }
        var response = response
        response.headers.vary(by: "Origin")
        return response
    }
}

extension HTTPFields {
    mutating func vary(by name: String) { self[.vary] = self[.vary].map { "\($0), \(name)" } ?? name }
}
