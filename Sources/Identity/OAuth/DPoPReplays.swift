import Crypto
import Foundation
package import Redis
import Primitives
import Synchronization

/// Remembers which proofs were used, in Redis, for as long as their times would let them be used again.
package struct DPoPReplays: Sendable {
    private let redis: RedisClient
    private let namespace: String
    private let local = Local()

    /// A proof is good from `window` before its time until `window` after it.
    private static let lifetime = 2 * DPoPProof.window + 5

    package init(redis: RedisClient, namespace: String = "v1") {
        self.redis = redis
        self.namespace = namespace
    }

    /// Whether this is its first use, which it then has had. One round trip.
    ///
    /// Without Redis each process goes by what it has seen itself; when that is more than it remembers, the answer is no.
    package func isFirstUse(_ proof: DPoPProof) async -> Bool {
        let hash = Base64URL.encode(SHA256.hash(data: Data("\(proof.thumbprint) \(proof.id)".utf8)).map(\.self))
        do {
            let reply = try await redis.send(
                ["SET", .string("\(namespace):dpop:\(hash)"), "1", "NX", "EX", .int(Self.lifetime)], deadline: .milliseconds(500))
            return !reply.isNull
        } catch {
            return local.take(hash, now: .now, lifetime: .seconds(Self.lifetime))
        }
    }

    final class Local: Sendable {
        static let most = 10_000
        private let seen = Mutex<[String: ContinuousClock.Instant]>([:])

        func take(_ hash: String, now: ContinuousClock.Instant, lifetime: Duration) -> Bool {
            seen.withLock { seen in
                if seen.count >= Self.most { seen = seen.filter { $0.value > now } }
                if let until = seen[hash], until > now { return false }
                guard seen.count < Self.most else { return false }
                seen[hash] = now + lifetime
                return true
            }
        }
    }
}
