import Crypto
import Foundation
package import Primitives

/// A secret as it rests in the ledger.
package struct Sealed: Sendable {
    /// Nonce, ciphertext and tag.
    package var bytes: [UInt8]
    /// Which key sealed it.
    package var keyID: String

    package init(bytes: [UInt8], keyID: String) {
        self.bytes = bytes
        self.keyID = keyID
    }
}

/// Seals secrets for storage: AES-256-GCM under a named key, bound to what the secret belongs to.
package struct Sealer: Sendable {
    package enum Failure: Error {
        /// The key text is not the base64 of 32 bytes.
        case malformedKey
        /// Sealed under a key that this process does not have.
        case unknownKey
        /// Altered, or bound to another row.
        case notAuthentic
    }

    package let keyID: String
    private let key: Redacted<SymmetricKey>

    /// - Parameter secret: `VOICERA_SECRET_KEY`: base64 of 32 bytes.
    package init(secret: Redacted<String>) throws(Failure) {
        guard let data = Data(base64Encoded: secret.exposed), data.count == 32 else { throw .malformedKey }
        key = Redacted(SymmetricKey(data: data))
        // The name tells keys apart and nothing about them.
        keyID = SHA256.hash(data: Data("voicera key id".utf8) + data).prefix(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    package static func randomKey() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
    }

    /// A key of its own for another use than sealing, the same in every process of the installation.
    func derivedKey(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key.exposed, info: Data("voicera \(purpose)".utf8), outputByteCount: 32)
    }

    /// What an endpoint's secret is bound to.
    package static func endpointContext(workspace: WorkspaceID, endpoint: EndpointID) -> String { "\(workspace) \(endpoint)" }

    package func seal(_ secret: Redacted<[UInt8]>, context: String) throws(Failure) -> Sealed {
        guard let box = try? AES.GCM.seal(secret.exposed, using: key.exposed, authenticating: Data(context.utf8)), let bytes = box.combined else {
            throw .notAuthentic
        }
        return Sealed(bytes: Array(bytes), keyID: keyID)
    }

    package func open(_ sealed: Sealed, context: String) throws(Failure) -> Redacted<[UInt8]> {
        guard sealed.keyID == keyID else { throw .unknownKey }
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let bytes = try? AES.GCM.open(box, using: key.exposed, authenticating: Data(context.utf8))
        else { throw .notAuthentic }
        return Redacted(Array(bytes))
    }
}
