import Testing

@testable import Postgres

@Suite struct MigratorTests {
    private static let three = [
        Migration(name: "0001_first", sql: "CREATE TABLE a (n int); INSERT INTO a VALUES (1);"),
        Migration(name: "0002_second", sql: "-- nothing but words\nALTER TABLE a ADD m int;"),
        Migration(name: "0003_third", sql: "INSERT INTO a VALUES (3, 3)"),
    ]

    private func error(_ migrations: [Migration], on pool: PostgresPool) async -> MigrationError? {
        do {
            _ = try await Migrator(migrations).apply(on: pool)
            return nil
        } catch { return error as? MigrationError }
    }

    @Test func `what is missing is applied in order, once`() async throws {
        try await withPool { pool async throws in
            #expect(try await Migrator(Self.three).pending(on: pool) == ["0001_first", "0002_second", "0003_third"])
            #expect(try await Migrator(Array(Self.three.prefix(1))).apply(on: pool) == ["0001_first"])
            #expect(try await Migrator(Self.three).pending(on: pool) == ["0002_second", "0003_third"])
            #expect(try await Migrator(Self.three).apply(on: pool) == ["0002_second", "0003_third"])
            #expect(try await Migrator(Self.three).apply(on: pool) == [])
            #expect(try await pool.query("SELECT * FROM a").count == 2)
        }
    }

    @Test func `many at once apply each step once`() async throws {
        let configuration = try await freshConfiguration()
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 {
                group.addTask { try await withPool(configuration) { try await Migrator(Self.three).apply(on: $0) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == Self.three.map(\.name))
    }

    @Test func `an edited migration stops`() async throws {
        try await withPool { pool in
            _ = try await Migrator(Self.three).apply(on: pool)
            var edited = Self.three
            edited[1] = Migration(name: "0002_second", sql: Self.three[1].sql + " ")
            #expect(await error(edited, on: pool) == .edited(name: "0002_second"))
            await #expect(throws: MigrationError.edited(name: "0002_second")) { try await Migrator(edited).pending(on: pool) }
        }
    }

    @Test func `a database that is ahead of the program stops it`() async throws {
        try await withPool { pool in
            _ = try await Migrator(Self.three).apply(on: pool)
            #expect(await error(Array(Self.three.prefix(2)), on: pool) == .unknown(name: "0003_third"))
        }
    }

    @Test func `a migration that was skipped stops`() async throws {
        try await withPool { pool in
            _ = try await Migrator(Self.three).apply(on: pool)
            try await pool.query("DELETE FROM schema_migrations WHERE name = '0002_second'")
            #expect(await error(Self.three, on: pool) == .gap(name: "0002_second"))
        }
    }

    @Test(arguments: [["0001_a", "0003_c"], ["0002_b"], ["0001_a", "0001_b"], ["1_a"], ["0001a"], ["0001_"]])
    func `the numbers must count up without a gap`(names: [String]) async throws {
        let pool = PostgresPool(try PostgresConfiguration(url: "postgres://u@h/d"), logger: quietLogger())
        #expect(await error(names.map { Migration(name: $0, sql: "SELECT 1") }, on: pool) == .misnumbered(name: names.last ?? ""))
    }

    @Test func `a failed migration leaves nothing of itself and keeps the ones before`() async throws {
        try await withPool { pool async throws in
            let broken = Migration(name: "0002_broken", sql: "CREATE TABLE b (n int); INSERT INTO nowhere VALUES (1)")
            guard case .failed(let name, let cause) = await error([Self.three[0], broken], on: pool) else { return #expect(Bool(false)) }
            #expect(name == "0002_broken")
            #expect(cause.sqlState == "42P01")
            #expect(try await pool.query("SELECT to_regclass('b') IS NULL").first?.bool(0) == true)
            #expect(try await Migrator(Self.three).apply(on: pool) == ["0002_second", "0003_third"])
        }
    }

    @Test func `a migration that commits by itself is refused`() async throws {
        try await withPool { pool in
            #expect(
                await error([Migration(name: "0001_bold", sql: "CREATE TABLE b (n int); COMMIT")], on: pool) == .leftTransaction(name: "0001_bold"))
        }
    }

    @Test func `the checksum is SHA-256 of the text`() async throws {
        try await withPool { pool in
            _ = try await Migrator([Migration(name: "0001_abc", sql: "")]).apply(on: pool)
            let checksum = try await pool.query("SELECT checksum FROM schema_migrations").first?.text(0)
            #expect(checksum == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        }
    }
}
