import Primitives
import TestSupport
import Testing

@testable import Postgres

@Suite struct ErrorTests {
    private static let password = "s3cr3t"

    private func describe(_ error: PostgresError?) -> String { "\(String(describing: error)) \(error.debugDescription) \(error?.message ?? "")" }

    @Test(arguments: [
        "mysql://u:s3cr3t@h/db", "postgres://u:s3cr3t@[h/db", "postgres://u:x/s3cr3t@h/db", "postgres://u:x@s3cr3t@h/db",
        "postgres://u:s3cr3t@h:port/db",
        "postgres://u:s3cr3t@h/db?nonsense=1", "postgres://u:s3cr3t%zz@h/db", "postgres://u:s3cr3t/db", "u:s3cr3t", "",
    ])
    func `a URL that cannot be read is refused without repeating it`(url: String) throws {
        let error = try #require(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(!describe(error).contains("s3cr3t"))
    }

    @Test func `a password is in no error and no description`() async throws {
        let url = "postgresql://someone:\(Self.password)@/db?host=/nonexistent/folder&sslpassword=\(Self.password)"
        let configuration = try PostgresConfiguration(url: url)
        let error = await withSinglePool(configuration) { pool in await failure { try await pool.query("SELECT 1") } }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/nonexistent/folder") == true, "what it was about is told")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [describe(error), "\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains(Self.password)) }
    }

    private func withSinglePool<R>(_ configuration: PostgresConfiguration, _ body: (PostgresPool) async -> R) async -> R {
        await body(PostgresPool(configuration, logger: quietLogger()))
    }

    @Test func `a percent-encoded password reaches the server`() throws {
        let configuration = try PostgresConfiguration(url: "postgres://u%40x:p%2Fw%40%3F@h.example:6432/d?sslmode=require")
        #expect(configuration.password.exposed == "p/w@?")
        #expect(configuration.address == "u@x@h.example:6432/d")
    }

    @Test func `neither parameters nor rows are in an error`() async throws {
        try await withPool { pool in
            try await pool.query("CREATE TABLE t (a text PRIMARY KEY, CHECK (a <> 'tea'))")
            try await pool.query("INSERT INTO t VALUES ($1)", [.text("hush-hush")])
            let errors = [
                await failure { try await pool.query("INSERT INTO t VALUES ($1)", [.text("hush-hush")]) },
                await failure { try await pool.query("SELECT $1::text::uuid", [.text("hush-hush")]) },
                await failure { try await pool.query("SELECT $1::text::int4", [.text("hush-hush")]) },
                await failure { try await pool.query("SELECT $1::text::jsonb", [.text("hush-hush")]) },
                await failure { try await pool.query("SELECT $1::text::timestamptz", [.text("hush-hush")]) },
            ]
            #expect(errors.map(\.?.code) == [.constraint("t_pkey"), .invalidData, .invalidData, .invalidData, .invalidData])
            for error in errors { #expect(!describe(error).contains("hush")) }
            #expect(errors[1]?.message == "invalid input syntax for type uuid")
        }
    }

    @Test func `the operation names the statement without its literals`() {
        #expect(PostgresError.summary(of: "INSERT INTO jobs.rows (a) VALUES ('x')") == "INSERT INTO jobs.rows")
        #expect(PostgresError.summary(of: "SELECT 'secret' AS x") == "SELECT")
        #expect(PostgresError.summary(of: "  \n(SELECT 1)") == "query")
    }

    @Test(arguments: [
        ("57P01", PostgresError.Code.unavailable), ("57P03", .unavailable), ("53300", .unavailable), ("08006", .unavailable),
        ("40001", .serialization),
        ("40P01", .serialization), ("40003", .other), ("57014", .timeout), ("55P03", .timeout), ("22021", .invalidData), ("42P01", .syntax),
        ("23505", .constraint("c")), ("P0001", .other), ("", .other),
    ])
    func `the server's code decides, never its words`(state: String, code: PostgresError.Code) {
        let error = PostgresError(server: .init(sqlState: state, message: "deadlock detected", constraint: "c"), operation: "query")
        #expect(error.code == code)
        #expect(error.sqlState == state)
    }

    @Test func `a missing table is an error of the statement`() async throws {
        try await withPool { pool in
            let error = await failure { try await pool.query("SELECT * FROM nowhere") }
            #expect(error?.code == .syntax)
            #expect(error?.description == #"postgres syntax 42P01 in SELECT: relation "nowhere" does not exist"#)
        }
    }
}
