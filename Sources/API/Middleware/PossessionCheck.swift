import Foundation
import Hummingbird
import Identity
import Primitives

/// Judges the proof of possession (DPoP, RFC 9449) that comes with a token bound to a key. Each is good once.
struct PossessionCheck: Sendable {
    let issuer: Issuer
    let replays: DPoPReplays

    init(services: APIServices) {
        issuer = services.oauth.issuer
        replays = DPoPReplays(redis: services.redis)
    }

    /// The thumbprint of the key that made the proof.
    @Sendable func check(_ text: String, token: String, of request: Request) async throws -> String {
        guard
            let proof = try? DPoPProof(
                verifying: text, method: request.method.rawValue, url: issuer.url(of: request.uri.path), accessToken: Redacted(token),
                now: Int64(Date.now.timeIntervalSince1970)),
            await replays.isFirstUse(proof)
        else { throw Problem.invalidProof }
        return proof.thumbprint
    }
}
