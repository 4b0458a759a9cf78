import HTTPTypes
import Identity

/// What a caller is told who is not let in.
extension Problem {
    static let twoCredentials = Problem(
        status: .unauthorized, code: "two_credentials",
        detail: "The headers Authorization and X-API-Key hold different credentials; send one of them.")

    static let addressNotAllowed = Problem(
        status: .forbidden, code: "address_not_allowed", detail: "The API key may not be used from this address.")

    static let invalidProof = Problem(
        status: .unauthorized, code: "invalid_proof",
        detail: "The token is bound to a key: it needs 'Authorization: DPoP <token>' and a proof in the header DPoP.",
        headers: [.wwwAuthenticate: "DPoP error=\"invalid_dpop_proof\", algs=\"\(DPoPProof.algorithms.joined(separator: " "))\""])

    /// - Parameter nonce: what the next proof may name.
    static func proofNeedsNonce(_ nonce: String) -> Problem {
        Problem(
            status: .unauthorized, code: "proof_needs_nonce", detail: "The proof in the header DPoP has to name the nonce that came in DPoP-Nonce.",
            headers: [.wwwAuthenticate: "DPoP error=\"use_dpop_nonce\", error_description=\"The proof has to name a nonce of ours\"", .dpopNonce: nonce])
    }

    /// For who asks for more, in somebody's name, than they may themselves.
    static func beyondCaller(_ faults: [Fault]) -> Problem {
        Problem(status: .forbidden, code: "beyond_your_own", detail: "Nobody can give what they do not have themselves.", faults: faults)
    }
}
