import HTTPTypes
import Hummingbird
import Identity
import Primitives

/// Judges a request's proof that its sender holds the key that an access token is bound to (DPoP, RFC 9449).
struct ProofGuard: Sendable {
    private let judge: ProofJudge

    init(_ services: APIServices) { judge = services.oauth.proofs }

    /// Of the key that made the proof. A proof is good for this request, with this token, once.
    func thumbprint(_ request: Request, token: String) async throws(Problem) -> String {
        guard let text = request.headers[.dpop] else { throw .invalidProof }
        do {
            return try await judge.judge(text, method: request.method.rawValue, path: request.uri.path, accessToken: Redacted(token)).thumbprint
        } catch {
            switch error {
            case .notGood: throw .invalidProof
            case .needsNonce(let nonce): throw .proofNeedsNonce(nonce)
            }
        }
    }
}
