import HTTPTypes
import Hummingbird
import Identity
import Logging

/// How the endpoints of OAuth answer: JSON of their own, never kept by anybody in between (RFC 6749 §5).
enum OAuthAnswer {
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response(status, json)
        response.headers[.pragma] = "no-cache"
        return response
    }

    static func refusal(_ refusal: OAuthRefusal, status: HTTPResponse.Status? = nil) -> Response {
        var response = json(
            ["error": .string(refusal.code.rawValue), "error_description": .string(plain(refusal.detail))],
            status: status ?? (refusal.code == .invalidClient ? .unauthorized : .badRequest))
        // Whatever way the client tried, this is one that there is.
        if refusal.code == .invalidClient { response.headers[.wwwAuthenticate] = "Basic realm=\"voicera\", charset=\"UTF-8\"" }
        response.headers[.dpopNonce] = refusal.nonce
        return response
    }

    /// Answers every refusal as OAuth has them, and what is wrong with the request as such, or with us, in the same words.
    static func answering(_ context: APIContext, _ answer: () async throws -> Response) async throws -> Response {
        do {
            return try await answer()
        } catch let refusal as OAuthRefusal {
            context.caller.fail(with: refusal.code.rawValue)
            return self.refusal(refusal)
        } catch {
            guard let problem = Problem(error), let code = word(for: problem.status) else { throw error }
            if problem.status == .serviceUnavailable { context.requestLogger.warning("request failed", metadata: ["error": "\(error)"]) }
            context.caller.fail(with: problem.code)
            var response = refusal(OAuthRefusal(code, problem.detail), status: problem.status)
            for field in problem.headers { response.headers[field.name] = field.value }
            return response
        }
    }

    /// Nil for what stays a problem: a route that there is not, a defect of ours.
    private static func word(for status: HTTPResponse.Status) -> OAuthRefusal.Code? {
        switch status {
        case .badRequest, .contentTooLarge, .unsupportedMediaType, .unprocessableContent: .invalidRequest
        case .unauthorized: .invalidToken
        case .serviceUnavailable: .temporarilyUnavailable
        default: nil
        }
    }

    /// The letters that a description may have (RFC 6749 §5.2).
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x20...0x7e).contains($0.value) && $0 != "\"" && $0 != "\\" }))
    }
}
