import Crypto
import Foundation
import Primitives
package import Redis
import Synchronization

/// Slows down who guesses passwords: by account and by address. Counted in Redis for all processes together; in this process alone while Redis is away.
package struct SignInThrottle: Sendable {
    package struct Rates: Sendable {
        /// Nobody mistypes a password ten times; who then waits three minutes for each try guesses 480 a day.
        package var account = AttemptRate(burst: 10, interval: .seconds(180))
        /// Many people may share an address.
        package var address = AttemptRate(burst: 60, interval: .seconds(10))

        package init() {}
    }

    private final class Local: Sendable {
        let attempts = Mutex(LocalAttempts())
    }

    private let redis: RedisClient
    private let namespace: String
    private let rates: Rates
    private let local = Local()

    package init(redis: RedisClient, namespace: String = "v1", rates: Rates = Rates()) {
        self.redis = redis
        self.namespace = namespace
        self.rates = rates
    }

    /// Counts an attempt before it is made, so that many at once are not let through together.
    /// - Returns: nil when it may be made, else how long to wait.
    package func attempt(account: String, address: String) async -> Duration? {
        if let wait = await take(Self.bucket("address", address), rates.address) { return wait }
        return await take(Self.bucket("account", account), rates.account)
    }

    /// Whoever knows the password has guessed nothing.
    package func succeeded(account: String) async {
        let bucket = Self.bucket("account", account)
        local.attempts.withLock { $0.forget(bucket) }
        _ = try? await redis.send(["DEL", .string(key(bucket))], deadline: .milliseconds(500))
    }

    private func take(_ bucket: String, _ rate: AttemptRate) async -> Duration? {
        let reply = try? await redis.run(
            Self.script, keys: [.string(key(bucket))], arguments: [.int(rate.interval.microseconds), .int(rate.burst)], deadline: .milliseconds(500))
        guard let wait = reply?.integer else { return local.attempts.withLock { $0.take(bucket, rate, now: .now) } }
        return wait > 0 ? .microseconds(wait) : nil
    }

    private func key(_ bucket: String) -> String { "\(namespace):signin:\(bucket)" }

    /// Neither addresses of people nor of machines rest in Redis.
    private static func bucket(_ kind: String, _ what: String) -> String {
        "\(kind):\(Base64URL.encode(Array(SHA256.hash(data: Data("\(kind) \(what)".utf8))).prefix(16)))"
    }

    /// KEYS 1 the bucket's. ARGV 1 interval in microseconds, 2 burst. Returns 0, or the microseconds to wait.
    private static let script = RedisScript(
        name: "signin.v1",
        source: """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
            local empty = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
            local wait = empty - interval * burst - now
            if wait > 0 then return wait end
            redis.call('SET', KEYS[1], string.format('%.0f', empty), 'PX', math.ceil((empty - now) / 1000))
            return 0
            """)
}
