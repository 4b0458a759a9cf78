import LocalStack
import TestSupport
import Testing

@testable import Postgres

@Suite struct PoolTests {
    /// Holds a connection until told to let go; returns when it has it.
    private func hold(_ pool: PostgresPool, in group: inout ThrowingTaskGroup<Void, any Error>) async -> AsyncStream<Void>.Continuation {
        let (held, isHeld) = AsyncStream<Void>.makeStream()
        let (release, letGo) = AsyncStream<Void>.makeStream()
        group.addTask {
            defer { isHeld.finish() }
            try await pool.withConnection { _ in
                isHeld.finish()
                for await _ in release {}
            }
        }
        for await _ in held {}
        return letGo
    }

    @Test func `two hundred callers share four connections`() async throws {
        try await withPool({ $0.maxConnections = 4 }) { pool in
            let most = Shared((now: 0, most: 0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number: Int64 in 0..<200 {
                    group.addTask {
                        try await pool.withConnection { connection async throws in
                            most.change {
                                $0.now += 1
                                $0.most = max($0.most, $0.now)
                            }
                            defer { most.change { $0.now -= 1 } }
                            #expect(try await connection.query("SELECT $1", [.int64(number)]).first?.int64(0) == number)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(most.current.most <= 4)
            let sessions = try await pool.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            #expect(try sessions.first?.int64(0) ?? 0 <= 4)
        }
    }

    @Test func `callers are served in the order they came`() async throws {
        try await withPool({ $0.maxConnections = 1 }) { pool in
            let order = Shared<[Int]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                let letGo = await hold(pool, in: &group)
                for caller in 0..<20 {
                    group.addTask { try await pool.withConnection { _ in order.change { $0.append(caller) } } }
                    try await eventually("the caller is in line") { pool.waiterCount == caller + 1 }
                }
                letGo.finish()
                try await group.waitForAll()
            }
            #expect(order.current == Array(0..<20))
        }
    }

    @Test func `a caller waits no longer than it is told to`() async throws {
        try await withPool({
            $0.maxConnections = 1
            $0.acquireTimeout = .milliseconds(50)
        }) { pool async throws in
            // The first connection may take longer than that to open on a busy machine.
            try await eventually("there is a connection") { await failure { try await pool.query("SELECT 1") } == nil }
            try await withThrowingTaskGroup(of: Void.self) { group in
                let letGo = await hold(pool, in: &group)
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(error?.code == .unavailable)
                #expect(error?.operation == "acquire")
                #expect(error?.outcomeUnknown == false)
                #expect(pool.waiterCount == 0)
                letGo.finish()
                try await group.waitForAll()
            }
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    @Test func `a cancelled caller leaves the line at once`() async throws {
        try await withPool({ $0.maxConnections = 1 }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let letGo = await hold(pool, in: &group)
                let caller = Task { await failure { try await pool.query("SELECT 1") } }  // awaited below
                try await eventually("the caller is in line") { pool.waiterCount == 1 }
                caller.cancel()
                #expect(await caller.value?.code == .cancelled)
                #expect(pool.waiterCount == 0)
                letGo.finish()
            }
        }
    }

    @Test func `sixteen blocking statements do not stall the cooperative pool`() async throws {
        try await withPool({ $0.maxConnections = 16 }) { pool in
            let isDone = Shared(false)
            let longest = try await withThrowingTaskGroup(of: Duration?.self) { group in
                group.addTask {
                    var longest = Duration.zero
                    while !isDone.current {
                        let start = ContinuousClock.now
                        try await Task.sleep(for: .milliseconds(5))
                        longest = max(longest, .now - start)
                    }
                    return longest
                }
                group.addTask {
                    defer { isDone.change { $0 = true } }
                    try await withThrowingTaskGroup(of: Void.self) { statements in
                        for _ in 0..<16 { statements.addTask { try await pool.query("SELECT pg_sleep(0.5)") } }
                        try await statements.waitForAll()
                    }
                    return nil
                }
                var longest: Duration?
                while let result = try await group.next() { longest = result ?? longest }
                return longest
            }
            // On the cooperative pool one statement alone would hold a tick up for 500 ms.
            #expect(try #require(longest) < .milliseconds(300))
        }
    }

    @Test func `at shutdown the pool waits for what is lent and then refuses`() async throws {
        let pool = PostgresPool(try await freshConfiguration(), logger: quietLogger())
        try await withThrowingTaskGroup(of: Void.self) { group in
            let letGo = await hold(pool, in: &group)
            let (stopping, stop) = AsyncStream<Void>.makeStream()
            group.addTask {
                try await gracefully(stopWhen: stopping) { try await pool.run() }
                #expect(pool.isDrained)
            }
            stop.finish()
            try await eventually("the pool closes") { pool.isClosing }
            #expect(!pool.isDrained)
            #expect(await failure { try await pool.query("SELECT 1") }?.code == .unavailable)
            letGo.finish()
            try await group.waitForAll()
        }
    }

    @Test func `upkeep closes what was idle for long, but for one, and drops what is dead`() async throws {
        try await withPool({ $0.maxConnections = 4 }) { pool async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                var held: [AsyncStream<Void>.Continuation] = []
                for _ in 0..<4 { held.append(await hold(pool, in: &group)) }
                for letGo in held { letGo.finish() }
                try await group.waitForAll()
            }
            #expect(pool.idleCount == 4)
            await pool.upkeep(now: .now + .seconds(59))
            #expect(pool.idleCount == 4)
            await pool.upkeep(now: .now + .seconds(61))
            #expect(pool.idleCount == 1)
            #expect(pool.lentCount == 0)
            _ = try await TestPostgres.shared().psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(pool.configuration.address.split(separator: "/").last ?? "")'"
            )
            await pool.upkeep(now: .now + .seconds(30))
            #expect(pool.idleCount == 0)
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }
}
