import HTTPTypes
import Hummingbird
import Identity

/// The proof of possession that comes with a form (DPoP, RFC 9449 §5), for the endpoints that bind something to its key.
struct OAuthProof: Sendable {
    let judge: ProofJudge

    /// Thumbprint of the key that the request proves that it has; nil for a request that proves none.
    func key(_ request: Request) async throws(OAuthRefusal) -> String? {
        guard let text = request.headers[.dpop] else { return nil }
        do {
            return try await judge.judge(text, method: request.method.rawValue, path: request.uri.path).thumbprint
        } catch {
            switch error {
            case .notGood: throw OAuthRefusal(.invalidProof, "The DPoP proof is not valid for this request, or was used before.")
            case .needsNonce(let nonce): throw OAuthRefusal(.useNonce, "The DPoP proof has to name the nonce in DPoP-Nonce.", nonce: nonce)
            }
        }
    }

    /// Tells who gave a proof what the next one has to name.
    func answer(_ response: Response, to key: String?) -> Response {
        var response = response
        if key != nil { response.headers[.dpopNonce] = judge.nextNonce }
        return response
    }
}
