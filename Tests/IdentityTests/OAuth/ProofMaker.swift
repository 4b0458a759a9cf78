import Crypto
import Foundation
import Primitives

/// Makes proofs of possession as a client does, and such as no client should.
struct ProofMaker {
    let key = P256.Signing.PrivateKey()
    let edwards = Curve25519.Signing.PrivateKey()

    var jwk: String {
        let point = Array(key.publicKey.x963Representation)
        return #"{"kty":"EC","crv":"P-256","x":"\#(Base64URL.encode(point[1..<33]))","y":"\#(Base64URL.encode(point[33...]))"}"#
    }
    var edwardsJWK: String { #"{"kty":"OKP","crv":"Ed25519","x":"\#(Base64URL.encode(edwards.publicKey.rawRepresentation))"}"# }

    func header(typ: String = "dpop+jwt", alg: String = "ES256", jwk: String? = nil, more: String = "") -> String {
        #"{"typ":"\#(typ)","alg":"\#(alg)","jwk":\#(jwk ?? self.jwk)\#(more)}"#
    }

    func claims(
        jti: String = #""j1""#, method: String = "POST", url: String = "https://api.example/api/oauth/token", time: String = "1000000", more: String = ""
    ) -> String {
        #"{"jti":\#(jti),"htm":"\#(method)","htu":"\#(url)","iat":\#(time)\#(more)}"#
    }

    func sign(_ header: String? = nil, _ claims: String? = nil) throws -> String {
        let text = "\(Base64URL.encode(Array((header ?? self.header()).utf8))).\(Base64URL.encode(Array((claims ?? self.claims()).utf8)))"
        return text + "." + Base64URL.encode(try key.signature(for: Data(text.utf8)).rawRepresentation)
    }

    func signEdwards(_ claims: String? = nil) throws -> String {
        let header = header(alg: "EdDSA", jwk: edwardsJWK)
        let text = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array((claims ?? self.claims()).utf8)))"
        return text + "." + Base64URL.encode(try edwards.signature(for: Data(text.utf8)))
    }
}
