import Crypto
import Foundation
import Primitives

/// A refresh token, sealed under the text of the one before it: who lost the answer to a refresh can be given it again, and the ledger knows neither.
enum RefreshSuccessor {
    private static let info = Data("voicera refresh successor".utf8)

    static func seal(_ token: OpaqueToken, under used: OpaqueToken) throws -> [UInt8] {
        guard let sealed = try AES.GCM.seal(Data(token.exposed.utf8), using: key(used)).combined else { throw CryptoKitError.incorrectParameterSize }
        return Array(sealed)
    }

    /// Nil when another token sealed it.
    static func open(_ sealed: [UInt8], with used: OpaqueToken) -> OpaqueToken? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed), let text = try? AES.GCM.open(box, using: key(used)) else { return nil }
        return OpaqueToken(String(decoding: text, as: UTF8.self), .refresh)
    }

    private static func key(_ token: OpaqueToken) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: SymmetricKey(data: Data(token.exposed.utf8)), info: info, outputByteCount: 32)
    }
}
