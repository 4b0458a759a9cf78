import Crypto
import Foundation
import Primitives

/// A text of 256 random bits that means nothing but itself: a code, a refresh token, a secret. Only its SHA-256 is stored.
package struct OpaqueToken: Sendable {
    /// What a text is for, told by how it begins: one that is taken for another is refused before anything is looked up.
    package enum Use: String, Sendable {
        case code = "voc_"
        case refresh = "vor_"
        case clientSecret = "vos_"
        case registration = "vog_"
    }

    private let text: Redacted<String>
    private static let randomLength = 43

    package static func mint(_ use: Use) -> OpaqueToken {
        OpaqueToken(known: use.rawValue + Base64URL.encode(SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }))
    }

    /// Nil unless the text has the form of one for this use.
    package init?(_ text: String, _ use: Use) {
        guard text.utf8.count == use.rawValue.utf8.count + Self.randomLength, text.hasPrefix(use.rawValue),
            Base64URL.decode(text.dropFirst(use.rawValue.count)) != nil
        else { return nil }
        self.init(known: text)
    }

    /// For a secret that somebody else chose.
    package init(known text: String) { self.text = Redacted(text) }

    /// The text that its holder is given.
    package var exposed: String { text.exposed }

    /// What is stored of it.
    package var hash: [UInt8] { Array(SHA256.hash(data: Data(text.exposed.utf8))) }

    package func matches(hash stored: [UInt8]) -> Bool { hash.isEqualInConstantTime(to: stored) }
}
