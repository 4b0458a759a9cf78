package import Redis

/// Tells every process that a credential is over, so that none goes by what it remembers of it.
package struct Revocations: Sendable {
    private let redis: RedisClient
    private let channel: String

    package init(redis: RedisClient, namespace: String = "v1") {
        self.redis = redis
        channel = "\(namespace):revocations"
    }

    /// To be called after the commit. Never fails: who is not reached forgets by itself in a while.
    /// - Parameter subjects: as `KnownCredential.subjects` has them.
    package func announce(_ subjects: Set<String>) async {
        for subject in subjects { _ = try? await redis.send(["PUBLISH", .string(channel), .string(subject)]) }
    }
}
