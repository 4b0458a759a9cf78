import HTTPTypes
import Hummingbird
import Identity

/// How the endpoints of OAuth answer: JSON of their own, never kept by anybody in between (RFC 6749 §5).
enum OAuthAnswer {
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response(status, json)
        response.headers[.pragma] = "no-cache"
        return response
    }

    static func refusal(_ refusal: OAuthRefusal) -> Response {
        var response = json(
            ["error": .string(refusal.code.rawValue), "error_description": .string(plain(refusal.detail))],
            status: refusal.code == .invalidClient ? .unauthorized : .badRequest)
        // Whatever way the client tried, this is one that there is.
        if refusal.code == .invalidClient { response.headers[.wwwAuthenticate] = "Basic realm=\"voicera\", charset=\"UTF-8\"" }
        return response
    }

    /// Answers refusals as OAuth has them. What is wrong with the request as such, or with us, stays a problem.
    static func answering(_ answer: () async throws -> Response) async throws -> Response {
        do {
            return try await answer()
        } catch let refusal as OAuthRefusal {
            return self.refusal(refusal)
        } catch let defect as FormFields.Defect {
            switch defect {
            case .malformed, .tooMany: return refusal(OAuthRefusal(.invalidRequest, "The form is not validly encoded, or has too many fields."))
            case .unsupportedMediaType, .tooLarge: throw defect
            }
        }
    }

    /// The letters that a description may have (RFC 6749 §5.2).
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x20...0x7e).contains($0.value) && $0 != "\"" && $0 != "\\" }))
    }
}
