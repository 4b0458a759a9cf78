import CoreMetrics
import Identity
import Primitives
package import Redis
import Synchronization

/// Counts requests against their limits, in Redis, so that all processes count together: one call decides all policies, and a busy caller costs one call
/// for many requests. Without Redis everything is let through and counted; a Redis that hangs is asked once a second.
package final class RateLimiter: Sendable {
    struct Key: Hashable {
        var subject: RateSubject
        var routes: RouteClass
    }

    private final class Account: Sendable {
        struct State {
            var machine: RateAccount
            var waiters: [CheckedContinuation<Void, Never>] = []
        }
        let state: Mutex<State>
        init(_ machine: RateAccount) { state = Mutex(State(machine: machine)) }
    }

    static let script = RedisScript(name: "limit.v1", source: String(decoding: PackageResources.limit_lua, as: UTF8.self))
    private let redis: RedisClient
    private let namespace: String
    private let now: @Sendable () -> ContinuousClock.Instant
    private let accounts = Mutex<[Key: Account]>([:])
    private let restsUntil = Mutex<ContinuousClock.Instant?>(nil)
    private let counters = RateCounters()

    private static let mostAccounts = 50_000
    private static let idle = Duration.seconds(10)
    /// A request is not to wait for its limit longer than for its work.
    private static let deadline = Duration.milliseconds(100)
    private static let rest = Duration.seconds(1)

    /// - Parameter now: for tests.
    package init(redis: RedisClient, namespace: String = "v1", now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.redis = redis
        self.namespace = namespace
        self.now = now
    }

    /// Counts a request. Never throws: who cannot be counted is let through.
    func spend(_ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit) async -> RateVerdict {
        let account = account(subject, routes, limit)
        while true {
            let step = account.state.withLock { $0.machine.step(limit, waiting: $0.waiters.count, now: now()) }
            switch step {
            case .decided(let verdict):
                if !verdict.isAllowed { counters.refused(routes) }
                return verdict
            case .ask(let wanted): return await ask(account, subject, routes, limit, wanted)
            case .wait: await wait(account)
            }
        }
    }

    /// The refusal that the next request would meet, as far as this process knows. Nothing is counted and nobody is asked.
    func refusal(_ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit) -> RateVerdict? {
        let account = accounts.withLock { $0[Key(subject: subject, routes: routes)] }
        return account?.state.withLock { $0.machine.refusal(limit, now()) }
    }

    /// How much remains. Nothing is counted. Policies are nil without Redis.
    func look(_ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit) async -> RateVerdict {
        let reading = await read(subject, routes, limit, 0)
        let held = accounts.withLock { $0[Key(subject: subject, routes: routes)] }
        let policies = reading.map { reading in held?.state.withLock { $0.machine.adding(to: reading) } ?? reading.policies }
        return RateVerdict(routes: routes, limit: limit, isAllowed: true, policies: policies, wait: reading?.wait ?? 0)
    }

    private func ask(_ account: Account, _ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit, _ wanted: Int64) async -> RateVerdict {
        counters.prepare()
        let reading = await read(subject, routes, limit, wanted)
        let (verdict, waiters) = account.state.withLock { state in
            defer { state.waiters = [] }
            guard let reading else {
                state.machine.giveUp()
                return (RateVerdict(routes: routes, limit: limit, isAllowed: true), state.waiters)
            }
            return (state.machine.learn(reading, asked: limit, now: now()), state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        if reading == nil { counters.unavailable() }
        if !verdict.isAllowed { counters.refused(routes) }
        return verdict
    }

    private func wait(_ account: Account) async {
        await withCheckedContinuation { continuation in
            // The answer may have come in between.
            let waits = account.state.withLock { state in
                guard state.machine.isAsking else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    private func read(_ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit, _ wanted: Int64) async -> RateReading? {
        let now = now()
        guard redis.isConnected, restsUntil.withLock({ ($0 ?? now) <= now }) else { return nil }
        do throws(RedisError) {
            let arguments = limit.policies.flatMap { [RedisArgument.int($0.interval), .int($0.quota)] }
            return RateReading(
                try await redis.run(
                    Self.script, keys: [.string("\(namespace):limit:{\(subject)}:\(routes.rawValue)")], arguments: [.int(wanted)] + arguments,
                    deadline: Self.deadline))
        } catch {
            if error.code != .cancelled { restsUntil.withLock { $0 = self.now() + Self.rest } }
            return nil
        }
    }

    private func account(_ subject: RateSubject, _ routes: RouteClass, _ limit: RateLimit) -> Account {
        let key = Key(subject: subject, routes: routes)
        return accounts.withLock { accounts in
            if let known = accounts[key] { return known }
            if accounts.count >= Self.mostAccounts { makeRoom(&accounts) }
            let made = Account(RateAccount(routes, limit, now: now()))
            accounts[key] = made
            return made
        }
    }

    /// What goes with an account is what this process held of the allowance.
    private func makeRoom(_ accounts: inout [Key: Account]) {
        let oldest = now() - Self.idle
        accounts = accounts.filter { $0.value.state.withLock { $0.machine.usedAt } > oldest }
        if accounts.count > Self.mostAccounts / 4 * 3 { accounts = [:] }
    }
}
