import Crypto
import Foundation
package import Primitives

/// How a webhook is signed: Standard Webhooks 1.0.
package enum SignatureScheme: String, Sendable, CaseIterable {
    /// HMAC-SHA256 under a secret that both sides know.
    case v1
    /// Ed25519: the receiver knows the public half only.
    case v1a
}

/// The secret of a webhook: 24 to 64 random bytes, shown as `whsec_` and base64, of which the HMAC key is the bytes and not the text; or the
/// private half of an Ed25519 pair, shown as `whsk_` and the base64 of both halves.
package struct WebhookSecret: Sendable {
    package let scheme: SignatureScheme
    /// The HMAC key, or the 32 bytes of the private half.
    package let bytes: Redacted<[UInt8]>

    private static let symmetric = "whsec_"
    private static let asymmetric = "whsk_"
    private static let halfLength = 32

    /// As they are sealed in the ledger.
    package init(_ scheme: SignatureScheme = .v1, bytes: [UInt8]) {
        self.scheme = scheme
        self.bytes = Redacted(bytes)
    }

    /// Nil unless the text is `whsec_` and the base64 of 24 to 64 bytes, or `whsk_` and that of a key pair.
    package init?(_ text: String) {
        if text.hasPrefix(Self.asymmetric) {
            guard let data = Data(base64Encoded: String(text.dropFirst(Self.asymmetric.count))), data.count == 2 * Self.halfLength else { return nil }
            self.init(.v1a, bytes: Array(data.prefix(Self.halfLength)))
            guard let publicKey, publicKey.elementsEqual(data.dropFirst(Self.halfLength)) else { return nil }
        } else {
            guard text.hasPrefix(Self.symmetric), let data = Data(base64Encoded: String(text.dropFirst(Self.symmetric.count))),
                (24...64).contains(data.count)
            else { return nil }
            self.init(.v1, bytes: Array(data))
        }
    }

    package static func random(_ scheme: SignatureScheme = .v1) -> WebhookSecret {
        WebhookSecret(scheme, bytes: SymmetricKey(size: SymmetricKeySize(bitCount: 256)).withUnsafeBytes { Array($0) })
    }

    /// The text that its owner is shown.
    package var exposed: String {
        switch scheme {
        case .v1: Self.symmetric + Data(bytes.exposed).base64EncodedString()
        case .v1a: Self.asymmetric + Data(bytes.exposed + (publicKey ?? [])).base64EncodedString()
        }
    }

    /// The half that receivers may have; nil for a secret that has no halves.
    package var publicKey: [UInt8]? {
        guard scheme == .v1a, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.exposed) else { return nil }
        return Array(key.publicKey.rawRepresentation)
    }

    package var publicKeyText: String? { publicKey.map { "whpk_" + Data($0).base64EncodedString() } }
}
