import HTTPTypes
import Hummingbird
import Identity
import Logging

/// Turns every error into a problem+json answer.
struct Problems: Sendable {
    let routes: RouteIndex
    let issuer: Issuer

    func answer(_ error: any Error, to request: Request, _ context: APIContext) -> Response {
        var problem = Problem(error)
        if let refused = error as? HTTPError, refused.status == .notFound {
            if request.method == .options, let allowed = routes.methods(at: request.uri.path) {
                return Response(status: .noContent, headers: [.allow: allowed.joined(separator: ", ")])
            }
            problem = routes.problem(for: request)
        }
        if problem == nil || problem?.status == .serviceUnavailable {
            // The type and our own description only: an error from below knows not to quote what it was given.
            context.requestLogger.warning("request failed", metadata: ["error": "\(error)"])
        }
        let shown = problem ?? .internalError
        context.caller.fail(with: shown.code)
        var response = shown.response(requestID: context.requestID)
        if response.status == .unauthorized { nameMetadata(in: &response) }
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// Who is refused learns where tokens come from (RFC 9728 §5.1).
    private func nameMetadata(in response: inout Response) {
        guard let challenge = response.headers[.wwwAuthenticate] else { return }
        response.headers[.wwwAuthenticate] = "\(challenge), resource_metadata=\"\(issuer.wellKnown("oauth-protected-resource"))\""
    }
}
