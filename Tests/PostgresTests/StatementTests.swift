import Testing

@testable import Postgres

@Suite struct StatementTests {
    private func withConnection(limit: Int = 256, prepared: Bool = true, _ body: (PostgresConnection) async throws -> Void) async throws {
        var configuration = try await freshConfiguration()
        configuration.usesPreparedStatements = prepared
        let connection = try await PostgresConnection.open(configuration, statementLimit: limit, logger: quietLogger())
        try await body(connection)
        await connection.close()
    }

    /// The names the server holds, itself among them.
    private func prepared(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query("SELECT statement FROM pg_prepared_statements").map { try $0.text(0) }.sorted()
    }

    @Test func `a statement is prepared once, also for nulls`() async throws {
        try await withConnection { connection in
            for value in [PostgresValue.null, .int64(1), .null, .int64(2), .int64(3)] {
                try await connection.query("SELECT $1::int8", [value])
            }
            #expect(try await prepared(connection).filter { $0 == "SELECT $1::int8" }.count == 1)
        }
    }

    @Test func `other types prepare it anew instead of being misread`() async throws {
        try await withConnection { connection async throws in
            for _ in 0..<3 {
                #expect(try await connection.query("SELECT $1::text", [.int64(258)]).first?.text(0) == "258")
                #expect(try await connection.query("SELECT $1::text", [.int32(258)]).first?.text(0) == "258")
                #expect(try await connection.query("SELECT $1::text", [.text("x")]).first?.text(0) == "x")
            }
            #expect(try await prepared(connection).filter { $0 == "SELECT $1::text" }.count <= 2)
        }
    }

    @Test func `the least recently used statement is given up, here and on the server`() async throws {
        try await withConnection(limit: 3) { connection in
            for number in 0..<20 {
                try await connection.query("SELECT \(number)")
                try await connection.query("SELECT 'kept'")
            }
            let held = try await prepared(connection)
            #expect(held.contains("SELECT 'kept'"))
            #expect(!held.contains("SELECT 0"))
            // The one evicted by this very query goes with the next preparation.
            #expect(held.count <= 4)
        }
    }

    @Test func `without prepared statements the server holds none`() async throws {
        try await withConnection(prepared: false) { connection async throws in
            for number: Int64 in 0..<5 { #expect(try await connection.query("SELECT $1", [.int64(number)]).first?.int64(0) == number) }
            #expect(try await prepared(connection).isEmpty)
        }
    }

    @Test func `a statement that the server forgot, or whose answer changed, is prepared again`() async throws {
        try await withConnection { connection in
            try await connection.execute(script: "CREATE TABLE t (a int8); INSERT INTO t VALUES (1)")
            try await connection.query("SELECT * FROM t")
            try await connection.execute(script: "DISCARD ALL")
            #expect(try await connection.query("SELECT * FROM t").count == 1)
            try await connection.execute(script: "ALTER TABLE t ADD b text DEFAULT 'new'")
            #expect(try await connection.query("SELECT * FROM t").first?.text(1) == "new")
        }
    }

    @Test func `the statement timeout is the server's, and the connection survives it`() async throws {
        try await withPool({ $0.statementTimeout = .milliseconds(100) }) { pool async throws in
            let error = await failure { try await pool.query("SELECT pg_sleep(20)") }
            #expect(error?.code == .timeout)
            #expect(error?.outcomeUnknown == false)
            #expect(try await pool.query("SHOW statement_timeout").first?.text(0) == "100ms")
        }
    }

    @Test func `a cancelled caller's statement runs to its end and leaves the connection whole`() async throws {
        try await withPool({ $0.maxConnections = 1 }) { pool in
            try await pool.query("CREATE TABLE t (a int)")
            let caller = Task { try await pool.query("INSERT INTO t SELECT 1 FROM pg_sleep(0.2)") }  // awaited below
            try await Task.sleep(for: .milliseconds(1))
            caller.cancel()
            _ = try? await caller.value
            #expect(try await pool.query("SELECT 7").first?.int32(0) == 7)
        }
    }

    @Test func `COPY is refused and the pool goes on`() async throws {
        try await withPool({ $0.maxConnections = 1 }) { pool async throws in
            try await pool.query("CREATE TABLE t (a int)")
            #expect(await failure { try await pool.query("COPY t FROM STDIN") }?.code == .other)
            #expect(try await pool.query("SELECT 1").count == 1)
        }
    }

    @Test func `the cache refines open types and names every preparation anew`() {
        var cache = StatementCache(limit: 2)
        guard case .prepare(let first, let open) = cache.choose("a", types: [0, 23]) else { return #expect(Bool(false)) }
        #expect(open == [0, 23])
        cache.prepared("a", name: first, types: open)
        #expect(cache.choose("a", types: [0, 23]) == .reuse(name: first))
        #expect(cache.choose("a", types: [0, 0]) == .reuse(name: first))
        guard case .prepare(let second, let refined) = cache.choose("a", types: [20, 0]) else { return #expect(Bool(false)) }
        #expect(refined == [20, 23])
        #expect(second != first)
        cache.prepared("a", name: second, types: refined)
        #expect(cache.abandoned == [first])
    }
}
