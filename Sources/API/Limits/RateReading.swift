import Redis

/// What the script of the limits answers.
struct RateReading: Sendable, Equatable {
    struct Policy: Sendable, Equatable {
        var remaining: Int64
        /// Until one more remains, microseconds; 0 when all do.
        var more: Int64
    }

    /// The server's clock, microseconds.
    var now: Int64
    var taken: Int64
    /// Until one more can be taken, microseconds.
    var wait: Int64
    /// In the order they were asked for.
    var policies: [Policy]

    init(now: Int64, taken: Int64, wait: Int64, policies: [Policy]) {
        self.now = now
        self.taken = taken
        self.wait = wait
        self.policies = policies
    }

    init?(_ reply: RedisValue) {
        guard let numbers = reply.array?.map(\.integer), numbers.count >= 3, numbers.count % 2 == 1, !numbers.contains(nil) else { return nil }
        let known = numbers.map { $0 ?? 0 }
        self.init(
            now: known[0], taken: known[1], wait: known[2],
            policies: stride(from: 3, to: known.count, by: 2).map { Policy(remaining: known[$0], more: known[$0 + 1]) })
    }
}

/// The formula of `limit.lua`, which decides in Redis, for tests to compare it with and to find laws by.
struct RateFormula: Sendable {
    let policies: [RateLimit.Policy]
    /// When each policy is all free again, microseconds.
    private var free: [Int64]

    init(_ policies: [RateLimit.Policy]) {
        self.policies = policies
        free = Array(repeating: 0, count: policies.count)
    }

    mutating func take(_ wanted: Int64, at now: Int64) -> RateReading {
        var taken = wanted
        for (index, policy) in policies.enumerated() {
            let whole = policy.interval * policy.quota
            free[index] = min(max(free[index], now), now + whole)
            taken = min(taken, (whole - (free[index] - now)) / policy.interval)
        }
        var reading = RateReading(now: now, taken: taken, wait: 0, policies: [])
        for (index, policy) in policies.enumerated() {
            free[index] += taken * policy.interval
            let used = free[index] - now
            let remaining = (policy.interval * policy.quota - used) / policy.interval
            let more = remaining < policy.quota ? used - (policy.quota - remaining - 1) * policy.interval : 0
            if remaining == 0 { reading.wait = max(reading.wait, more) }
            reading.policies.append(.init(remaining: remaining, more: more))
        }
        return reading
    }
}
