import Crypto
import Foundation
import JWTKit
import Ledger
import Primitives

/// A key of the ledger as this process can use it: to verify always, to sign when it could be opened.
struct SigningKey: Sendable {
    let kid: String
    /// Of the JWKS.
    let x: String
    let y: String
    let canSign: Bool
    /// Holds this key and no other, so that no header can choose one.
    let collection: JWTKeyCollection

    private static func context(_ kid: String) -> String { "signing key \(kid)" }

    /// Nil for a row that holds no key.
    init?(_ row: SigningKeyRow, sealer: Sealer) async {
        guard row.publicKey.count == 65, let point = try? P256.Signing.PublicKey(x963Representation: row.publicKey) else { return nil }
        kid = row.kid
        x = Base64URL.encode(row.publicKey[1..<33])
        y = Base64URL.encode(row.publicKey[33..<65])
        collection = JWTKeyCollection()
        let opened = try? sealer.open(Sealed(bytes: row.sealedPrivate, keyID: row.sealedBy), context: Self.context(row.kid))
        if let opened, let key = try? P256.Signing.PrivateKey(rawRepresentation: opened.exposed), let signing = try? ES256PrivateKey(backing: key) {
            canSign = true
            await collection.add(ecdsa: signing)
        } else {
            guard let verifying = try? ES256PublicKey(backing: point) else { return nil }
            canSign = false
            await collection.add(ecdsa: verifying)
        }
    }

    /// A new key, sealed.
    static func make(sealer: Sealer) throws -> NewSigningKey {
        let key = P256.Signing.PrivateKey()
        let point = Array(key.publicKey.x963Representation)
        let kid = thumbprint(x: Base64URL.encode(point[1..<33]), y: Base64URL.encode(point[33..<65]))
        let sealed = try sealer.seal(Redacted(Array(key.rawRepresentation)), context: context(kid))
        return NewSigningKey(kid: kid, publicKey: point, sealedPrivate: sealed.bytes, sealedBy: sealed.keyID)
    }

    /// RFC 7638.
    private static func thumbprint(x: String, y: String) -> String {
        Base64URL.encode(SHA256.hash(data: Data(#"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#.utf8)).map(\.self))
    }
}
