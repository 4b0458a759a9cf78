import Crypto
import Foundation
import Primitives

/// A client's key, and proofs that it has it (DPoP).
struct ProofMaker: Sendable {
    private let key = P256.Signing.PrivateKey()

    private var point: Data { key.publicKey.x963Representation }
    private var x: String { Base64URL.encode(Array(point[1..<33])) }
    private var y: String { Base64URL.encode(Array(point[33..<65])) }

    var thumbprint: String {
        Base64URL.encode(Array(SHA256.hash(data: Data(#"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#.utf8))))
    }

    /// - Parameter token: the one that it goes with, if it is for a resource.
    func proof(method: String, url: String, token: String? = nil) throws -> String {
        let header = #"{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}}"#
        let hash = token.map { #","ath":"\#(Base64URL.encode(Array(SHA256.hash(data: Data($0.utf8)))))""# } ?? ""
        let claims = #"{"jti":"\#(UUID())","htm":"\#(method)","htu":"\#(url)","iat":\#(Int(Date().timeIntervalSince1970))\#(hash)}"#
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return signed + "." + Base64URL.encode(Array(try key.signature(for: Data(signed.utf8)).rawRepresentation))
    }
}
