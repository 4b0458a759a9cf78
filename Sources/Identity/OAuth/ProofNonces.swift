import Crypto
import Foundation
import Primitives

/// Makes and knows the nonces that proofs have to name (RFC 9449 §8), so that nobody can make proofs for a time to come.
///
/// A nonce is a time and its authentication code under a key that every process has: none is stored, and any process knows what another gave.
package struct ProofNonces: Sendable {
    private let key: Redacted<SymmetricKey>
    /// Seconds since 1970.
    private let now: @Sendable () -> Int64

    /// Seconds for which one is good. A client with an older one is told the next with its refusal, which costs it a request.
    package static let lifetime: Int64 = 300
    /// How far the clock of the process that made it may be ahead.
    private static let skew: Int64 = 60
    private static let timeLength = 8
    private static let codeLength = 16

    package init(sealer: Sealer, now: @escaping @Sendable () -> Int64 = { WallClock.now / 1_000_000 }) {
        key = Redacted(sealer.derivedKey(for: "proof nonces"))
        self.now = now
    }

    package func mint() -> String {
        let time = withUnsafeBytes(of: now().bigEndian) { Array($0) }
        return Base64URL.encode(time + code(time))
    }

    package func accepts(_ text: String?) -> Bool {
        guard let bytes = text.flatMap({ Base64URL.decode($0) }), bytes.count == Self.timeLength + Self.codeLength else { return false }
        let time = Array(bytes.prefix(Self.timeLength))
        guard Array(bytes.suffix(Self.codeLength)).isEqualInConstantTime(to: code(time)) else { return false }
        let madeAt = time.reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let now = now()
        return (now - Self.lifetime...now + Self.skew).contains(madeAt)
    }

    private func code(_ time: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: time, using: key.exposed).prefix(Self.codeLength))
    }
}
