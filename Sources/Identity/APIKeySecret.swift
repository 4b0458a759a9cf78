import Crypto
import Foundation
import Primitives

/// An API key: `vk_`, a prefix that finds its row, `_`, and 256 bits of randomness. Shown once, when it is made; only its SHA-256 is stored,
/// which is enough for a secret that nobody could guess.
package struct APIKeySecret: Sendable {
    package let prefix: String
    private let text: Redacted<String>

    package static let start = "vk_"
    private static let prefixLength = 12
    private static let randomLength = 43
    /// Without letters that are taken for one another.
    private static let alphabet = Array("23456789abcdefghjkmnpqrstuvwxyz")

    /// A new key.
    package static func mint() -> APIKeySecret {
        var generator = SystemRandomNumberGenerator()
        let prefix = String((0..<prefixLength).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
        let random = SymmetricKey(size: .bits256).withUnsafeBytes { Base64URL.encode(Array($0)) }
        return APIKeySecret(prefix: prefix, text: Redacted("\(start)\(prefix)_\(random)"))
    }

    /// Nil unless the text has a key's form.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let start = Self.start.utf8.count
        guard bytes.count == start + Self.prefixLength + 1 + Self.randomLength, text.hasPrefix(Self.start),
            bytes.allSatisfy(Self.isAllowed), bytes[start + Self.prefixLength] == UInt8(ascii: "_")
        else { return nil }
        prefix = String(decoding: bytes[start..<start + Self.prefixLength], as: UTF8.self)
        self.text = Redacted(text)
    }

    private init(prefix: String, text: Redacted<String>) {
        self.prefix = prefix
        self.text = text
    }

    /// The text that its owner is shown.
    package var exposed: String { text.exposed }

    /// What is stored of it.
    package var hash: [UInt8] { Array(SHA256.hash(data: Data(text.exposed.utf8))) }

    package func matches(hash stored: [UInt8]) -> Bool { hash.isEqualInConstantTime(to: stored) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
