import Crypto
import Foundation
import Primitives

/// Signs with one secret. The key's share of the hashing is done once, here, and not for every delivery.
package struct WebhookSigner: Sendable {
    private enum Key: Sendable {
        case symmetric(HMAC<SHA256>)
        case asymmetric(Curve25519.Signing.PrivateKey)
        /// Bytes that are no private key, which `WebhookSecret` never makes: nothing verifies then.
        case none
    }

    private let key: Redacted<Key>

    package init(_ secret: WebhookSecret) {
        switch secret.scheme {
        case .v1: key = Redacted(.symmetric(HMAC<SHA256>(key: SymmetricKey(data: secret.bytes.exposed))))
        case .v1a: key = Redacted((try? Curve25519.Signing.PrivateKey(rawRepresentation: secret.bytes.exposed)).map { .asymmetric($0) } ?? .none)
        }
    }

    /// One signature as the `webhook-signature` header has it: Standard Webhooks 1.0, `v1` or `v1a`.
    /// - Parameter timestamp: seconds since 1970, as the `webhook-timestamp` header has them.
    package func signature(id: String, timestamp: String, body: [UInt8]) -> String {
        let head = Array("\(id).\(timestamp).".utf8)
        switch key.exposed {
        case .symmetric(var hmac):
            hmac.update(data: head)
            hmac.update(data: body)
            return "v1," + Data(hmac.finalize()).base64EncodedString()
        case .asymmetric(let key): return "v1a," + ((try? key.signature(for: head + body)) ?? Data()).base64EncodedString()
        case .none: return "v1a,"
        }
    }
}

/// Signs with every live secret of an endpoint, so that a receiver may go over to a new one when it likes.
package struct EndpointSigner: Sendable {
    private let signers: [WebhookSigner]

    /// - Parameter secrets: the newest first.
    package init(_ secrets: [WebhookSecret]) { signers = secrets.map(WebhookSigner.init) }

    /// The whole `webhook-signature` header.
    package func signature(id: String, timestamp: String, body: [UInt8]) -> String {
        signers.map { $0.signature(id: id, timestamp: timestamp, body: body) }.joined(separator: " ")
    }
}

/// What receivers do.
package enum StandardWebhooks {
    /// Receivers take timestamps this far from their own clock, either way.
    package static let tolerance = Duration.seconds(300)

    /// Whether any signature of the header is this secret's, or for a key pair's the private half's. Constant time in the compared bytes.
    package static func verify(header: String, id: String, timestamp: Int64, body: [UInt8], secret: WebhookSecret) -> Bool {
        let message = Array("\(id).\(timestamp).".utf8) + body
        if secret.scheme == .v1a {
            guard let key = secret.publicKey else { return false }
            return verify(header: header, message: message, publicKey: key)
        }
        let key = SymmetricKey(data: secret.bytes.exposed)
        return header.split(separator: " ").contains { part in
            guard part.hasPrefix("v1,"), let code = Data(base64Encoded: String(part.dropFirst(3))) else { return false }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key)
        }
    }

    /// By the public half, as a receiver has it: `whpk_` and base64.
    package static func verify(header: String, id: String, timestamp: Int64, body: [UInt8], publicKey text: String) -> Bool {
        guard text.hasPrefix("whpk_"), let key = Data(base64Encoded: String(text.dropFirst(5))) else { return false }
        return verify(header: header, message: Array("\(id).\(timestamp).".utf8) + body, publicKey: Array(key))
    }

    private static func verify(header: String, message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return header.split(separator: " ").contains { part in
            guard part.hasPrefix("v1a,"), let signature = Data(base64Encoded: String(part.dropFirst(4))) else { return false }
            return key.isValidSignature(signature, for: message)
        }
    }
}
