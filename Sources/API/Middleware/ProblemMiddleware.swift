import HTTPTypes
import Hummingbird
import Logging

/// Turns every error into a problem+json answer.
struct ProblemMiddleware: RouterMiddleware {
    let routes: RouteIndex

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            var problem = Problem(error)
            if let refused = error as? HTTPError, refused.status == .notFound {
                if request.method == .options, let allowed = routes.methods(at: request.uri.path) {
                    return Response(status: .noContent, headers: [.allow: allowed.joined(separator: ", ")])
                }
                problem = routes.problem(for: request)
            }
            if problem == nil || problem?.status == .serviceUnavailable {
                // The type and our own description only: an error from below knows not to quote what it was given.
                context.logger.warning("request failed", metadata: ["error": "\(error)"])
            }
            let response = (problem ?? .internalError).response(requestID: context.requestID)
            return request.method == .head ? response.createHeadResponse() : response
        }
    }
}
