import HTTPTypes
import Hummingbird
import Identity
import Primitives

/// Judges a request's proof that its sender holds the key that an access token is bound to (DPoP, RFC 9449).
struct ProofGuard: Sendable {
    private let issuer: Issuer
    private let replays: DPoPReplays

    init(_ services: APIServices) {
        issuer = services.oauth.issuer
        replays = DPoPReplays(redis: services.redis)
    }

    /// Of the key that made the proof. A proof is good for this request, with this token, once.
    func thumbprint(_ request: Request, token: String) async throws(Problem) -> String {
        let now = WallClock.now / 1_000_000
        guard let text = request.headers[.dpop],
            let proof = try? DPoPProof(
                verifying: text, method: request.method.rawValue, url: issuer.url(of: request.uri.path), accessToken: Redacted(token), now: now),
            await replays.isFirstUse(proof)
        else { throw .invalidProof }
        return proof.thumbprint
    }
}
