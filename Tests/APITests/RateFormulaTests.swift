import LocalStack
import Logging
import NIOPosix
import Redis
import TestSupport
import Testing

@testable import API

/// The laws of the limits, by times that are made up; and that Redis goes by the same formula.
@Suite struct RateFormulaTests {
    private static func randomLimit(_ generator: inout some RandomNumberGenerator) -> RateLimit {
        RateLimit(perMinute: Int32.random(in: 1...2000, using: &generator), burst: Int32.random(in: 1...300, using: &generator))
    }

    /// Times at which something was let through, and that no stretch has more of them than a policy allows.
    private static func check(_ times: [Int64], _ limit: RateLimit, beyond: Int64 = 0) {
        for policy in limit.policies {
            var start = 0
            for (end, time) in times.enumerated() {
                // From each start on, quota at once and one an interval: checked for the whole stretch and for a window.
                while times[start] < time - 2 * policy.window * 1_000_000 { start += 1 }
                for first in stride(from: start, through: end, by: max(1, (end - start) / 20)) {
                    let most = policy.quota + (time - times[first]) / policy.interval + beyond
                    #expect(Int64(end - first + 1) <= most, "\(policy) in \(time - times[first]) us")
                }
            }
        }
    }

    @Test func `no stretch of time sees more than the quota and what came back in it`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let limit = Self.randomLimit(&generator)
            var formula = RateFormula(limit.policies)
            var now: Int64 = 1_700_000_000_000_000
            var taken: [Int64] = []
            for _ in 0..<2000 {
                now += Int64.random(in: 0...(Bool.random(using: &generator) ? 1000 : 500_000), using: &generator)
                let reading = formula.take(1, at: now)
                if reading.taken == 1 { taken.append(now) }
                #expect(reading.policies.allSatisfy { $0.remaining >= 0 })
            }
            Self.check(taken, limit)
        }
    }

    @Test func `who is refused is let through when the wait is over, and not before`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let limit = Self.randomLimit(&generator)
            var formula = RateFormula(limit.policies)
            let now: Int64 = 1_700_000_000_000_000
            while formula.take(1, at: now).taken == 1 {}
            let wait = formula.take(1, at: now).wait
            #expect(wait > 0)
            var early = formula
            #expect(early.take(1, at: now + wait - 1).taken == 0)
            #expect(formula.take(1, at: now + wait).taken == 1)
        }
    }

    @Test func `after a quiet window everything is back, and a clock that was set back holds up for a window at most`() {
        let limit = RateLimit(perMinute: 60, burst: 10)
        var formula = RateFormula(limit.policies)
        let now: Int64 = 1_700_000_000_000_000
        for _ in 0..<10 { #expect(formula.take(1, at: now).taken == 1) }
        #expect(formula.take(0, at: now + 60_000_000).policies.map(\.remaining) == [10, 60])
        // An hour back: as if all had been spent now.
        let back = now - 3_600_000_000
        #expect(formula.take(1, at: back).taken == 0)
        #expect(formula.take(1, at: back + 10_000_000).taken == 1)
    }

    @Test func `Redis goes by the same formula`() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let redis = RedisClient(
            try RedisConfiguration(url: try await TestRedis.shared().url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await redis.run() }
            defer { group.cancelAll() }
            try await eventually("connected") { redis.isConnected }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<20 {
                let key = "\(namespace()):limit"
                let limit = RateLimit(
                    perMinute: Int32.random(in: 1...100_000, using: &generator), burst: Int32.random(in: 1...5000, using: &generator))
                var formula = RateFormula(limit.policies)
                for _ in 0..<50 {
                    let wanted = Int64.random(in: 0...64, using: &generator)
                    let arguments = [RedisArgument.int(wanted)] + limit.policies.flatMap { [RedisArgument.int($0.interval), .int($0.quota)] }
                    let reading = try #require(RateReading(try await redis.run(RateLimiter.script, keys: [.string(key)], arguments: arguments)))
                    #expect(reading == formula.take(wanted, at: reading.now))
                }
            }
        }
    }

    @Test func `several processes that take ahead exceed a limit by no more than they may hold`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<30 {
            let limit = RateLimit(perMinute: Int32.random(in: 1...20_000, using: &generator), burst: Int32.random(in: 1...5000, using: &generator))
            var formula = RateFormula(limit.policies)
            let start = ContinuousClock.now
            var processes = (0..<3).map { _ in RateAccount(.read, limit, now: start) }
            var passed: Int64 = 0
            var taken: [Int64] = []
            for _ in 0..<20_000 {
                passed += Int64.random(in: 0...(Int.random(in: 0...20, using: &generator) == 0 ? 100_000 : 200), using: &generator)
                let (time, instant) = (1_700_000_000_000_000 + passed, start + .microseconds(passed))
                let process = Int.random(in: 0..<3, using: &generator)
                var verdict: RateVerdict?
                switch processes[process].step(limit, waiting: 0, now: instant) {
                case .decided(let known): verdict = known
                case .ask(let wanted): verdict = processes[process].learn(formula.take(wanted, at: time), asked: limit, now: instant)
                case .wait: Issue.record("nobody asks")
                }
                if verdict?.isAllowed == true { taken.append(time) }
            }
            let held = max(1, min(RateAccount.mostHeld, (limit.policies.map(\.quota).min() ?? 0) / 50))
            Self.check(taken, limit, beyond: 3 * (held - 1))
        }
    }
}
