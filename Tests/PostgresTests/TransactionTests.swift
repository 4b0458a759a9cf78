import Synchronization
import Testing

@testable import Postgres

@Suite struct TransactionTests {
    private struct Surprise: Error {}

    private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
        try await withPool { pool in
            try await pool.withConnection { try await $0.execute(script: "CREATE TABLE t (id int4 PRIMARY KEY, n int8 NOT NULL CHECK (n < 100))") }
            try await pool.query("INSERT INTO t VALUES (1, 0)")
            try await body(pool)
        }
    }

    private func count(_ pool: PostgresPool) async throws -> Int64? { try await pool.query("SELECT n FROM t WHERE id = 1").first?.int64(0) }

    @Test func `a transaction is committed when its body returns`() async throws {
        try await withTable { pool in
            let answer = try await pool.withTransaction { connection in
                try await connection.query("UPDATE t SET n = n + 1").affected
            }
            #expect(answer == 1)
            #expect(try await count(pool) == 1)
        }
    }

    @Test func `a transaction is rolled back when its body throws`() async throws {
        try await withTable { pool async throws in
            await #expect(throws: Surprise.self) {
                try await pool.withTransaction { connection in
                    try await connection.query("UPDATE t SET n = n + 1")
                    throw Surprise()
                }
            }
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `an error that the body swallowed does not look like a commit`() async throws {
        try await withTable { pool async throws in
            let error = await failure {
                try await pool.withTransaction { connection in
                    try await connection.query("UPDATE t SET n = 5")
                    _ = try? await connection.query("INSERT INTO t VALUES (1, 1)")
                }
            }
            #expect(error?.code == .constraint("t_pkey"))
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `a transaction left open is rolled back before the next caller`() async throws {
        try await withPool({ $0.maxConnections = 1 }) { pool in
            try await pool.query("CREATE TABLE u (a int)")
            try await pool.withConnection { try await $0.execute(script: "BEGIN; INSERT INTO u VALUES (1)") }
            #expect(try await pool.query("SELECT * FROM u").isEmpty)
        }
    }

    /// Each attempt reads the row, then a rival changes it, as long as `rivals` allows.
    private func rival(_ pool: PostgresPool, rivals: Int, attempts: borrowing Mutex<Int>, wrap: Bool = false) async throws {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            let n = try await connection.query("SELECT n FROM t WHERE id = 1").first?.int64(0) ?? 0
            if attempt <= rivals { try await pool.query("UPDATE t SET n = n + 10 WHERE id = 1") }
            do {
                try await connection.query("UPDATE t SET n = $1 WHERE id = 1", [.int64(n + 1)])
            } catch {
                if wrap { throw Surprise() }
                throw error
            }
        }
    }

    @Test(arguments: [false, true])
    func `a serialization failure runs the body again, whatever error the body made of it`(wrap: Bool) async throws {
        try await withTable { pool in
            let attempts = Mutex(0)
            try await rival(pool, rivals: 3, attempts: attempts, wrap: wrap)
            #expect(attempts.withLock(\.self) == 4)
            #expect(try await count(pool) == 31)
        }
    }

    @Test func `the fourth serialization failure is the caller's`() async throws {
        try await withTable { pool async throws in
            let attempts = Mutex(0)
            let error = await failure { try await rival(pool, rivals: 9, attempts: attempts) }
            #expect(error?.code == .serialization)
            #expect(error?.sqlState == "40001")
            #expect(attempts.withLock(\.self) == 4)
            #expect(try await count(pool) == 40)
        }
    }

    @Test func `a broken constraint is named and not tried again`() async throws {
        try await withTable { pool in
            let attempts = Mutex(0)
            let error = await failure {
                try await pool.withTransaction { connection in
                    attempts.withLock { $0 += 1 }
                    try await connection.query("UPDATE t SET n = 1000")
                }
            }
            #expect(error?.code == .constraint("t_n_check"))
            #expect(attempts.withLock(\.self) == 1)
            #expect(await failure { try await pool.query("INSERT INTO t VALUES (2, NULL)") }?.code == .constraint("n"))
        }
    }

    @Test func `a read-only transaction refuses to write`() async throws {
        try await withTable { pool in
            let error = await failure { _ = try await pool.withTransaction(readOnly: true) { try await $0.query("DELETE FROM t") } }
            #expect(error?.sqlState == "25006")
        }
    }

    @Test func `without a session of its own a transaction sets its own timeout`() async throws {
        try await withPool({
            $0.usesPreparedStatements = false
            $0.statementTimeout = .milliseconds(4321)
        }) { pool in
            let timeout = try await pool.withTransaction { try await $0.query("SHOW statement_timeout").first?.text(0) }
            #expect(timeout == "4321ms")
            #expect(try await pool.query("SHOW statement_timeout").first?.text(0) == "0")
        }
    }
}
