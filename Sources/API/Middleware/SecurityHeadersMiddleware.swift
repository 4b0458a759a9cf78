import HTTPTypes
import Hummingbird

/// Headers that keep a browser from doing more with an answer than was meant. A page that needs other ones sets its own.
struct SecurityHeadersMiddleware: RouterMiddleware {
    /// Whether it is TLS that we answer by.
    let isSecure: Bool

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.xContentTypeOptions] = "nosniff"
        if !response.headers.contains(.contentSecurityPolicy) {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        if !response.headers.contains(.referrerPolicy) { response.headers[.referrerPolicy] = "no-referrer" }
        if !response.headers.contains(.frameOptions) { response.headers[.frameOptions] = "DENY" }
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}
