import Crypto
import Foundation
import Primitives

/// A client's key: proofs that it has it (DPoP), and assertions of who it is (`private_key_jwt`).
struct ProofMaker: Sendable {
    private let key = P256.Signing.PrivateKey()

    private var point: Data { key.publicKey.x963Representation }
    private var x: String { Base64URL.encode(Array(point[1..<33])) }
    private var y: String { Base64URL.encode(Array(point[33..<65])) }

    var jwk: String { #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}"# }

    var thumbprint: String {
        Base64URL.encode(Array(SHA256.hash(data: Data(#"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#.utf8))))
    }

    private var now: Int { Int(Date().timeIntervalSince1970) }

    /// - Parameters:
    ///   - token: the one that it goes with, if it is for a resource.
    ///   - later: seconds between now and its time.
    func proof(method: String, url: String, token: String? = nil, nonce: String? = nil, later: Int = 0) throws -> String {
        let hash = token.map { #","ath":"\#(Base64URL.encode(Array(SHA256.hash(data: Data($0.utf8)))))""# } ?? ""
        let named = nonce.map { #","nonce":"\#($0)""# } ?? ""
        return try sign(
            #"{"typ":"dpop+jwt","alg":"ES256","jwk":\#(jwk)}"#,
            #"{"jti":"\#(UUID())","htm":"\#(method)","htu":"\#(url)","iat":\#(now + later)\#(hash)\#(named)}"#)
    }

    func assertion(client: String, audience: String, id: String = UUID().uuidString, lifetime: Int = 60) throws -> String {
        try sign(
            #"{"alg":"ES256","typ":"JWT"}"#,
            #"{"iss":"\#(client)","sub":"\#(client)","aud":"\#(audience)","jti":"\#(id)","iat":\#(now),"exp":\#(now + lifetime)}"#)
    }

    private func sign(_ header: String, _ claims: String) throws -> String {
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return signed + "." + Base64URL.encode(Array(try key.signature(for: Data(signed.utf8)).rawRepresentation))
    }
}
