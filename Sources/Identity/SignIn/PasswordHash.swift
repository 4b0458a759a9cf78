import Crypto
import CryptoExtras
import Foundation
import Primitives

/// A password as it rests: scrypt, with salt and parameters in the text, so that the parameters may grow.
struct PasswordHash: Sendable, Equatable {
    let cost: PasswordCost
    private let salt: [UInt8]
    private let key: [UInt8]

    /// Slow on purpose. Never on the cooperative pool.
    init(of password: Redacted<String>, cost: PasswordCost) throws {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        self.init(cost: cost, salt: salt, key: try Self.derive(password, salt, cost))
    }

    /// Nil for a text that is none of ours.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = PasswordCost(String(parts[2])), let salt = Base64URL.decode(parts[3]),
            let key = Base64URL.decode(parts[4]), salt.count == 16, key.count == 32
        else { return nil }
        self.init(cost: cost, salt: salt, key: key)
    }

    private init(cost: PasswordCost, salt: [UInt8], key: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.key = key
    }

    var text: String { "$scrypt$\(cost)$\(Base64URL.encode(salt))$\(Base64URL.encode(key))" }

    /// As slow as the making.
    func isOf(_ password: Redacted<String>) -> Bool {
        guard let other = try? Self.derive(password, salt, cost) else { return false }
        return key.isEqualInConstantTime(to: other)
    }

    private static func derive(_ password: Redacted<String>, _ salt: [UInt8], _ cost: PasswordCost) throws -> [UInt8] {
        // One password has many spellings in Unicode; keyboards differ in which they send.
        let bytes = Data(password.exposed.precomposedStringWithCompatibilityMapping.utf8)
        let key = try KDF.Scrypt.deriveKey(
            from: bytes, salt: salt, outputByteCount: 32, rounds: 1 << cost.logarithm, blockSize: cost.blockSize, parallelism: cost.parallelism)
        return key.withUnsafeBytes { Array($0) }
    }
}
