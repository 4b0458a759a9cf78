import Crypto
import Foundation
import Primitives
package import Redis
import Synchronization

/// Remembers what may be used once (proofs of possession, clients' assertions), in Redis, for as long as its times would let it be used again.
package struct FirstUses: Sendable {
    enum Kind: String {
        case proof = "dpop"
        case assertion
    }

    private let redis: RedisClient
    private let namespace: String
    private let local = Local()

    package init(redis: RedisClient, namespace: String = "v1") {
        self.redis = redis
        self.namespace = namespace
    }

    /// A proof is good from `window` before its time until `window` after it; its id is its key's own.
    package func isFirst(_ proof: DPoPProof) async -> Bool {
        await isFirst(.proof, "\(proof.thumbprint) \(proof.id)", for: 2 * DPoPProof.window + 5)
    }

    /// Whether this is its first use, which it then has had. One round trip.
    ///
    /// Without Redis each process goes by what it has seen itself; when that is more than it remembers, the answer is no.
    func isFirst(_ kind: Kind, _ name: String, for seconds: Int64) async -> Bool {
        let hash = Base64URL.encode(SHA256.hash(data: Data(name.utf8)).map(\.self))
        do {
            let reply = try await redis.send(
                ["SET", .string("\(namespace):\(kind.rawValue):\(hash)"), "1", "NX", "EX", .int(seconds)], deadline: .milliseconds(500))
            return !reply.isNull
        } catch {
            return local.take("\(kind.rawValue):\(hash)", now: .now, lifetime: .seconds(seconds))
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
