package import Primitives

/// Judges proofs of possession for every place that takes them (DPoP, RFC 9449): one memory of those that were used, one rule about nonces.
package struct ProofJudge: Sendable {
    package enum Refusal: Error, Sendable, Equatable {
        /// Not in order, not of this request, or used before: which of them is nobody's business.
        case notGood
        /// It has to name a nonce of ours; this one would do.
        case needsNonce(String)
    }

    private let issuer: Issuer
    private let uses: FirstUses
    /// Nil where proofs need none.
    private let nonces: ProofNonces?

    init(issuer: Issuer, uses: FirstUses, nonces: ProofNonces?) {
        self.issuer = issuer
        self.uses = uses
        self.nonces = nonces
    }

    /// For the next proof of whoever just gave one; nil where proofs need none.
    package var nextNonce: String? { nonces?.mint() }

    /// - Parameters:
    ///   - path: of the request, as it came.
    ///   - accessToken: the one that the proof goes with, if it is one for a resource.
    /// - Returns: the proof, which has then been used.
    package func judge(_ text: String, method: String, path: String, accessToken: Redacted<String>? = nil) async throws(Refusal) -> DPoPProof {
        let proof: DPoPProof
        do {
            proof = try DPoPProof(
                verifying: text, method: method, url: issuer.url(of: path), accessToken: accessToken, now: WallClock.now / 1_000_000)
        } catch {
            throw .notGood
        }
        if let nonces, !nonces.accepts(proof.nonce) { throw .needsNonce(nonces.mint()) }
        guard await uses.isFirst(proof) else { throw .notGood }
        return proof
    }
}
