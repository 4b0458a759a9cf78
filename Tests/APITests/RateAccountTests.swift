import Testing

@testable import API

@Suite struct RateAccountTests {
    private static let limit = RateLimit(perMinute: 6000, burst: 2000)
    private let start = ContinuousClock.now

    private func account() -> RateAccount { RateAccount(.read, Self.limit, now: start) }
    private func reading(_ taken: Int64, wait: Int64 = 0, remaining: Int64 = 100) -> RateReading {
        RateReading(now: 0, taken: taken, wait: wait, policies: [.init(remaining: remaining, more: 5000), .init(remaining: remaining, more: 10_000)])
    }

    /// How many are asked for when the next ones come so soon after what was taken has been spent.
    private func leases(_ account: inout RateAccount, every pause: Duration, times: Int) -> [Int64] {
        var now = start
        var asked: [Int64] = []
        while asked.count < times {
            switch account.step(Self.limit, waiting: 0, now: now) {
            case .ask(let wanted):
                asked.append(wanted)
                _ = account.learn(reading(wanted), asked: Self.limit, now: now)
            case .decided, .wait: break
            }
            now += pause
        }
        return asked
    }

    @Test func `who comes seldom is asked about each time`() {
        var account = account()
        #expect(leases(&account, every: .seconds(1), times: 5) == [1, 1, 1, 1, 1])
    }

    @Test func `who comes often is asked about for more and more, to a fiftieth of the quota`() {
        var account = account()
        #expect(leases(&account, every: .microseconds(10), times: 8) == [1, 2, 4, 8, 16, 32, 40, 40])
        // And for one again after a pause.
        #expect(leases(&account, every: .seconds(20), times: 2) == [1, 1])
    }

    @Test func `a small limit is counted one by one`() {
        let small = RateLimit(perMinute: 60, burst: 20)
        var account = RateAccount(.read, small, now: start)
        for _ in 0..<5 {
            #expect(account.step(small, waiting: 30, now: start) == .ask(1))
            _ = account.learn(reading(1), asked: small, now: start)
        }
    }

    @Test func `a refusal stands until its wait is over, without a question`() {
        var account = account()
        #expect(account.step(Self.limit, waiting: 0, now: start) == .ask(1))
        let verdict = account.learn(reading(0, wait: 500_000, remaining: 0), asked: Self.limit, now: start)
        #expect(!verdict.isAllowed && verdict.retryAfter == 1 && verdict.violated == ["read-burst", "read-minute"])
        guard case .decided(let again) = account.step(Self.limit, waiting: 0, now: start + .milliseconds(499)) else { return #expect(Bool(false)) }
        #expect(!again.isAllowed && again.wait == 1000)
        #expect(account.step(Self.limit, waiting: 0, now: start + .milliseconds(500)) == .ask(1))
    }

    @Test func `a long refusal is asked about again after a second`() {
        var account = account()
        #expect(account.step(Self.limit, waiting: 0, now: start) == .ask(1))
        _ = account.learn(reading(0, wait: 60_000_000, remaining: 0), asked: Self.limit, now: start)
        guard case .decided(let verdict) = account.step(Self.limit, waiting: 0, now: start + .milliseconds(999)) else { return #expect(Bool(false)) }
        #expect(!verdict.isAllowed)
        #expect(account.step(Self.limit, waiting: 0, now: start + .seconds(1)) == .ask(1))
    }

    @Test func `another limit is asked about at once`() {
        var account = account()
        #expect(account.step(Self.limit, waiting: 0, now: start) == .ask(1))
        _ = account.learn(reading(0, wait: 60_000_000, remaining: 0), asked: Self.limit, now: start)
        #expect(account.step(RateLimit(perMinute: 9000), waiting: 0, now: start) == .ask(1))
    }

    @Test func `while one asks, the others wait, and what came too much is spent by them`() {
        var account = account()
        #expect(account.step(Self.limit, waiting: 0, now: start) == .ask(1))
        #expect(account.step(Self.limit, waiting: 0, now: start) == .wait)
        account.giveUp()
        #expect(account.step(Self.limit, waiting: 4, now: start) == .ask(5))
        let first = account.learn(reading(5), asked: Self.limit, now: start)
        #expect(first.isAllowed && first.policies?.first?.remaining == 104)
        for remaining in (100...103).reversed() {
            guard case .decided(let verdict) = account.step(Self.limit, waiting: 0, now: start) else { return #expect(Bool(false)) }
            #expect(verdict.isAllowed && verdict.policies?.first?.remaining == Int64(remaining))
        }
        guard case .ask = account.step(Self.limit, waiting: 0, now: start) else { return #expect(Bool(false)) }
    }

    @Test func `headers are structured fields`() {
        let verdict = RateVerdict(
            routes: .enqueue, limit: RateLimit(perMinute: 60, burst: 10), isAllowed: true,
            policies: [.init(remaining: 9, more: 1_000_000), .init(remaining: 59, more: 1)])
        #expect(verdict.header == #""enqueue-burst";r=9;t=1, "enqueue-minute";r=59;t=1"#)
        #expect(verdict.policyHeader == #""enqueue-burst";q=10;w=10, "enqueue-minute";q=60;w=60"#)
    }

    @Test func `a setting of limits is read, or refused by its part`() throws {
        #expect(try RateLimits.parse("off") == nil)
        let limits = try #require(try RateLimits.parse("read=10,write=20/5"))
        #expect(limits[.read] == RateLimit(perMinute: 10, burst: 3) && limits[.write] == RateLimit(perMinute: 20, burst: 5))
        #expect(limits[.enqueue] == RateLimits.usual[.enqueue])
        for bad in ["read", "read=", "read=0", "read=-1", "read=1/0", "read=1/2/3", "other=1", "read=1,,", "read=9999999", "on"] {
            if bad == "read=1,," { continue }
            #expect(throws: RateLimits.Malformed.self, "\(bad)") { try RateLimits.parse(bad) }
        }
    }
}
