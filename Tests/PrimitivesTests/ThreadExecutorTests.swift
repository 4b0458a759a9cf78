import Dispatch
import Glibc
import Testing

@testable import Primitives

@Suite struct ThreadExecutorTests {
    private actor Owner {
        private let executor: ThreadExecutor
        private var calls = 0
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        init() throws { executor = try ThreadExecutor() }
        func thread() -> UInt { UInt(pthread_self()) }
        func call() -> Int {
            calls += 1
            return calls
        }
        func block(until signal: DispatchSemaphore) { signal.wait() }
        func stop() { executor.shutDown() }
    }

    @Test func `all jobs of an actor run on one thread that is nobody else's`() async throws {
        let (one, other) = (try Owner(), try Owner())
        let first = await one.thread()
        for _ in 0..<100 { #expect(await one.thread() == first) }
        #expect(await other.thread() != first)
        await one.stop()
        await other.stop()
    }

    @Test func `calls from many tasks are run once each and one at a time`() async throws {
        let owner = try Owner()
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<1000 { group.addTask { await owner.call() } }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(counts == Set(1...1000))
        await owner.stop()
    }

    @Test func `a blocked actor does not keep others from running`() async throws {
        let signal = DispatchSemaphore(value: 0)
        let owners = try (0..<16).map { _ in try Owner() }
        await withTaskGroup(of: Void.self) { group in
            for owner in owners { group.addTask { await owner.block(until: signal) } }
            // Were the owners on the cooperative pool, this task would never come to free them.
            group.addTask { for _ in owners { signal.signal() } }
        }
        for owner in owners { await owner.stop() }
    }

    @Test func `a call after the end still returns`() async throws {
        let owner = try Owner()
        await owner.stop()
        for expected in 1...50 { #expect(await owner.call() == expected) }
    }

    @Test func `the end lets go of the executor`() async throws {
        weak var released: ThreadExecutor?
        do {
            let executor = try ThreadExecutor()
            released = executor
            executor.shutDown()
        }
        let deadline = ContinuousClock.now + .seconds(5)
        while released != nil, .now < deadline { await Task.yield() }
        #expect(released == nil)
    }
}
