import Synchronization
import TestSupport
import Testing

@testable import Identity

@Suite final class RevocableCacheTests: Sendable {
    /// A clock that stands until it is moved.
    private final class Time: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    /// A read that stands until it is let go, and how often it was begun.
    private final class Hold: Sendable {
        private let gate = Mutex<CheckedContinuation<Void, Never>?>(nil)
        private let count = Mutex(0)
        var begun: Int { count.withLock { $0 } }

        func stand() async {
            count.withLock { $0 += 1 }
            await withCheckedContinuation { continuation in gate.withLock { $0 = continuation } }
        }
        var stands: Bool { gate.withLock { $0 != nil } }
        func letGo() { gate.withLock { $0 }?.resume() }
    }

    private let time = Time()
    private let reads = Mutex(0)
    private let cache: RevocableCache<String, Int>

    init() {
        let time = time
        cache = RevocableCache(revocations: nil, now: { time.now })
    }

    /// How often it was read by then.
    private func look(_ key: String = "key", subjects: Set<String> = ["one", "two"], life: Duration? = nil) async throws -> Int? {
        try await cache.value(for: key) {
            Remembered(reads.withLock { $0 += 1; return $0 }, subjects: subjects, life: life)
        }
    }

    @Test func `what is heard of is remembered for thirty seconds`() async throws {
        cache.hear(.hearing)
        #expect(try await look() == 1)
        time.pass(.milliseconds(29_999))
        #expect(try await look() == 1)
        time.pass(.milliseconds(1))
        #expect(try await look() == 2)
    }

    @Test func `while nothing is heard a memory is a second long, also one from before`() async throws {
        #expect(try await look() == 1)
        time.pass(.milliseconds(999))
        #expect(try await look() == 1)
        time.pass(.milliseconds(1))
        #expect(try await look() == 2)
        cache.hear(.hearing)
        #expect(try await look() == 3)
        time.pass(.milliseconds(1001))
        #expect(try await look() == 3)
        cache.hear(.deaf)
        #expect(try await look() == 4)
    }

    @Test func `a revocation of any subject ends it, and no other entry`() async throws {
        cache.hear(.hearing)
        #expect(try await look("a", subjects: ["x", "y"]) == 1)
        #expect(try await look("b", subjects: ["y", "z"]) == 2)
        cache.hear(.over(["x"]))
        #expect(try await look("b", subjects: ["y", "z"]) == 2)
        #expect(try await look("a", subjects: ["x", "y"]) == 3)
        cache.hear(.over(["y"]))
        #expect(cache.known("a") == nil && cache.known("b") == nil)
    }

    @Test func `hearing again forgets all that may have been missed`() async throws {
        cache.hear(.hearing)
        #expect(try await look() == 1)
        cache.hear(.hearing)
        #expect(try await look() == 2)
    }

    @Test func `what ends by itself is not remembered longer`() async throws {
        cache.hear(.hearing)
        #expect(try await look(life: .seconds(3)) == 1)
        time.pass(.milliseconds(2999))
        #expect(try await look(life: .seconds(3)) == 1)
        time.pass(.milliseconds(1))
        #expect(try await look(life: .seconds(3)) == 2)
    }

    @Test func `that there is nothing is remembered for a second`() async throws {
        cache.hear(.hearing)
        let count = Mutex(0)
        let look = { [cache] in
            try await cache.value(for: "none") {
                count.withLock { $0 += 1 }
                return nil
            }
        }
        #expect(try await look() == nil)
        #expect(try await look() == nil)
        #expect(count.withLock { $0 } == 1)
        time.pass(.seconds(1))
        #expect(try await look() == nil)
        #expect(count.withLock { $0 } == 2)
    }

    @Test func `a read that a revocation overtakes does not put the old answer back`() async throws {
        cache.hear(.hearing)
        let isRevoked = Mutex(false)
        let count = Mutex(0)
        let value = try await cache.value(for: "key") {
            let before = isRevoked.withLock { $0 }
            // The row was read; before the answer is here, somebody revokes it.
            if count.withLock({ $0 += 1; return $0 }) == 1 {
                isRevoked.withLock { $0 = true }
                cache.hear(.over(["one"]))
            }
            return before ? nil : Remembered(7, subjects: ["one"])
        }
        #expect(value == nil && count.withLock { $0 } == 2)
        #expect(cache.known("key") == .some(nil))
    }

    @Test func `a read that is overtaken by an unheard time is done again`() async throws {
        let count = Mutex(0)
        let value = try await cache.value(for: "key") {
            if count.withLock({ $0 += 1; return $0 }) == 1 { cache.hear(.hearing) }
            return Remembered(count.withLock { $0 }, subjects: ["one"])
        }
        #expect(value == 2)
    }

    @Test func `many who look at once share one read`() async throws {
        cache.hear(.hearing)
        let hold = Hold()
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { [cache] in
                    try await cache.value(for: "key") {
                        await hold.stand()
                        return Remembered(1, subjects: ["one"])
                    }
                }
            }
            try await eventually("49 wait") { hold.stands && cache.waiting(for: "key") == 49 }
            hold.letGo()
            for try await value in group { #expect(value == 1) }
        }
        #expect(hold.begun == 1)
    }

    @Test func `a failure is everybody's who waits, and is not remembered`() async throws {
        struct Failure: Error {}
        let hold = Hold()
        let failed = try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask { [cache] in
                    do {
                        _ = try await cache.value(for: "key") {
                            await hold.stand()
                            throw Failure()
                        }
                        return false
                    } catch is Failure { return true }
                }
            }
            try await eventually("nine wait") { hold.stands && cache.waiting(for: "key") == 9 }
            hold.letGo()
            var failed = 0
            for try await isFailed in group where isFailed { failed += 1 }
            return failed
        }
        #expect(failed == 10 && hold.begun == 1)
        #expect(try await look() == 1)
    }

    @Test func `it is bounded, and wrong keys are the first to go`() async throws {
        var bounds = RevocableCache<String, Int>.Bounds()
        bounds.entries = 100
        let time = time
        let cache = RevocableCache<String, Int>(bounds, revocations: nil, now: { time.now })
        cache.hear(.hearing)
        for number in 0..<50 { _ = try await cache.value(for: "good \(number)") { Remembered(number, subjects: ["s\(number)"]) } }
        for number in 0..<10_000 { _ = try await cache.value(for: "bad \(number)") { nil } }
        #expect(cache.count <= 100)
        #expect((0..<50).allSatisfy { cache.known("good \($0)") != nil })
        for number in 0..<1000 { _ = try await cache.value(for: "more \(number)") { Remembered(number, subjects: []) } }
        #expect(cache.count <= 100)
    }
}
