import Crypto
import CryptoExtras
import Foundation
import Primitives

/// The public key in a proof's header, and the signatures that it makes.
enum ProofKey {
    case p256(P256.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
    case rsa(_RSA.Signing.PublicKey, _RSA.Signing.Padding)

    /// A key below it is no secret any more; one above it costs more than it is worth to us.
    private static let modulusBytes = 256...512
    private static let privateMembers: Set<String> = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// With its thumbprint (RFC 7638). Nil for a key that cannot have made such a signature, and for one that brings its private part along.
    static func read(_ jwk: RawJSON, algorithm: String) -> (key: ProofKey, thumbprint: String)? {
        guard let members = jwk.members, !members.contains(where: { privateMembers.contains($0.name) }),
            Set(members.map(\.name)).count == members.count
        else { return nil }
        func bytes(_ name: String) -> [UInt8]? { jwk[name]?.string.flatMap { Base64URL.decode($0) } }
        func text(_ name: String) -> String { jwk[name]?.string ?? "" }
        switch (algorithm, text("kty"), text("crv")) {
        case ("ES256", "EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32,
                let key = try? P256.Signing.PublicKey(x963Representation: [4] + x + y)
            else { return nil }
            return (.p256(key), thumbprint([("crv", "P-256"), ("kty", "EC"), ("x", text("x")), ("y", text("y"))]))
        case ("EdDSA", "OKP", "Ed25519"), ("Ed25519", "OKP", "Ed25519"):
            guard let x = bytes("x"), x.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else { return nil }
            return (.ed25519(key), thumbprint([("crv", "Ed25519"), ("kty", "OKP"), ("x", text("x"))]))
        case ("RS256", "RSA", _), ("PS256", "RSA", _):
            guard let n = bytes("n"), let e = bytes("e"), modulusBytes.contains(n.count), (1...4).contains(e.count), n.first != 0,
                let key = try? _RSA.Signing.PublicKey(n: n, e: e)
            else { return nil }
            let padding = algorithm == "PS256" ? _RSA.Signing.Padding.PSS : .insecurePKCS1v1_5
            return (.rsa(key, padding), thumbprint([("e", text("e")), ("kty", "RSA"), ("n", text("n"))]))
        default: return nil
        }
    }

    func hasSigned(_ text: [UInt8], _ signature: [UInt8]) -> Bool {
        switch self {
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: text)
        case .ed25519(let key): return key.isValidSignature(signature, for: text)
        case .rsa(let key, let padding): return key.isValidSignature(.init(rawRepresentation: signature), for: text, padding: padding)
        }
    }

    private static func thumbprint(_ members: [(String, String)]) -> String {
        let json = "{" + members.map { "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))" }.joined(separator: ",") + "}"
        return Base64URL.encode(SHA256.hash(data: Data(json.utf8)).map(\.self))
    }
}
