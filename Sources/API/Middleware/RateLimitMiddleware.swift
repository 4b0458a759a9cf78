import HTTPTypes
import Hummingbird

/// Says on every answer what the limits are and what remains of them, refusals included.
struct RateLimitMiddleware: RouterMiddleware {
    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        var response = try await next(request, context)
        guard let verdict = context.caller.verdict else { return response }
        response.headers[.rateLimitPolicy] = RateVerdict.policyHeader(verdict.routes, verdict.limit)
        if let header = verdict.header { response.headers[.rateLimit] = header }
        return response
    }
}
