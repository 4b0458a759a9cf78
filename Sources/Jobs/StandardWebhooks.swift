import Crypto
import Foundation
package import Primitives

/// The secret of a webhook: 24 to 64 random bytes, shown as `whsec_` and base64. The HMAC key is the bytes, not the text.
package struct WebhookSecret: Sendable {
    package let bytes: Redacted<[UInt8]>
    private static let prefix = "whsec_"

    package init(bytes: [UInt8]) { self.bytes = Redacted(bytes) }

    /// Nil unless the text is `whsec_` and the base64 of 24 to 64 bytes.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))), (24...64).contains(data.count)
        else { return nil }
        self.init(bytes: Array(data))
    }

    package static func random() -> WebhookSecret {
        WebhookSecret(bytes: SymmetricKey(size: SymmetricKeySize(bitCount: 256)).withUnsafeBytes { Array($0) })
    }

    /// The text that its owner is shown.
    package var exposed: String { Self.prefix + Data(bytes.exposed).base64EncodedString() }
}

/// Signs with one secret. The key's share of the hashing is done once, here, and not for every delivery.
package struct WebhookSigner: Sendable {
    private let keyed: Redacted<HMAC<SHA256>>

    package init(_ secret: WebhookSecret) { keyed = Redacted(HMAC<SHA256>(key: SymmetricKey(data: secret.bytes.exposed))) }

    /// The `webhook-signature` header: Standard Webhooks 1.0, `v1`.
    /// - Parameter timestamp: seconds since 1970, as the `webhook-timestamp` header has them.
    package func signature(id: String, timestamp: String, body: [UInt8]) -> String {
        var hmac = keyed.exposed
        hmac.update(data: Array("\(id).\(timestamp).".utf8))
        hmac.update(data: body)
        return "v1," + Data(hmac.finalize()).base64EncodedString()
    }
}

/// Standard Webhooks 1.0, symmetric signatures.
package enum StandardWebhooks {
    /// Receivers take timestamps this far from their own clock, either way.
    package static let tolerance = Duration.seconds(300)

    /// Whether any `v1` signature of the header is this secret's. Constant time in the compared bytes.
    package static func verify(header: String, id: String, timestamp: Int64, body: [UInt8], secret: WebhookSecret) -> Bool {
        let message = Array("\(id).\(timestamp).".utf8) + body
        let key = SymmetricKey(data: secret.bytes.exposed)
        return header.split(separator: " ").contains { part in
            guard part.hasPrefix("v1,"), let code = Data(base64Encoded: String(part.dropFirst(3))) else { return false }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key)
        }
    }
}
