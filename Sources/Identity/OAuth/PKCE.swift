import Crypto
import Foundation
package import Primitives

/// The challenge of an authorization request, and who can answer it (RFC 7636). Needed of every client; `plain` is not taken, since it protects nothing.
package struct PKCE: Sendable, Equatable {
    package enum Refusal: Error, Sendable, Equatable {
        case missing
        case methodNotSupported
        case malformed
    }

    /// 43 letters of base64url.
    package let challenge: String

    /// - Parameter method: absent means `plain` to the RFC, which is refused like a `plain` that is there.
    package init(challenge: String?, method: String?) throws(Refusal) {
        guard let challenge else { throw .missing }
        guard method == "S256" else { throw .methodNotSupported }
        guard challenge.utf8.count == 43, challenge.utf8.allSatisfy({ Self.isUnreserved($0) && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "~") }) else {
            throw .malformed
        }
        self.challenge = challenge
    }

    /// Of a row of ours.
    package init(stored challenge: String) { self.challenge = challenge }

    package static func challenge(of verifier: String) -> String { Base64URL.encode(SHA256.hash(data: Data(verifier.utf8)).map(\.self)) }

    package static func isVerifier(_ text: String) -> Bool { (43...128).contains(text.utf8.count) && text.utf8.allSatisfy(isUnreserved) }

    package func isAnswered(by verifier: Redacted<String>) -> Bool {
        guard Self.isVerifier(verifier.exposed) else { return false }
        return Array(challenge.utf8).isEqualInConstantTime(to: Array(Self.challenge(of: verifier.exposed).utf8))
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }
}
