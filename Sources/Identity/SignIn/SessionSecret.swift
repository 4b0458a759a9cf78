import Crypto
import Foundation
import Primitives

/// What a browser's cookie holds: 256 random bits. The ledger knows their SHA-256; tokens in forms are made with them, so that only pages which were
/// made for this browser can have one.
package struct SessionSecret: Sendable, Equatable {
    /// What a form's token is good for.
    package enum Purpose: String, Sendable {
        case signIn, consent, signOut, withdrawal
    }

    private let bytes: Redacted<[UInt8]>

    package static func mint() -> SessionSecret { SessionSecret(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }) }

    private init(bytes: [UInt8]) { self.bytes = Redacted(bytes) }

    /// Nil unless the text has a cookie's form.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 43, let bytes = Base64URL.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    package var exposed: String { Base64URL.encode(bytes.exposed) }
    package var hash: [UInt8] { Array(SHA256.hash(data: bytes.exposed)) }

    /// - Parameter request: what the form is about. A token for one request is none for another.
    package func token(for purpose: Purpose, request: String) -> String {
        Base64URL.encode(HMAC<SHA256>.authenticationCode(for: Self.message(purpose, request), using: SymmetricKey(data: bytes.exposed)).map(\.self))
    }

    /// In a time that does not depend on where the two differ.
    package func accepts(_ token: String?, for purpose: Purpose, request: String) -> Bool {
        guard let token = token.flatMap({ Base64URL.decode($0) }) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(token, authenticating: Self.message(purpose, request), using: SymmetricKey(data: bytes.exposed))
    }

    private static func message(_ purpose: Purpose, _ request: String) -> Data { Data("\(purpose.rawValue)\n\(request)".utf8) }
}
