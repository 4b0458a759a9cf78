import Ledger
import Logging
import Postgres
import Primitives
import ServiceLifecycle
import TestSupport
import Testing

@Suite struct LogLaws {
    private static func line(_ workspace: WorkspaceID?, _ path: String, address: String = "192.0.2.1") -> LogLine {
        var line = LogLine(source: .request, workspace: workspace, outcome: "answered", duration: .milliseconds(3))
        line.path = path
        line.address = address
        return line
    }

    private func writing(
        _ queue: QueueFixture, mostBytes: Int = LogWriter.mostBytes, _ body: (LogWriter) async throws -> Void
    ) async throws {
        let writer = LogWriter(pool: queue.pool, logger: Logger(label: "test"), mostBytes: mostBytes, pause: .milliseconds(5))
        try await withThrowingTaskGroup { group in
            group.addTask { try await writer.run() }
            try await body(writer)
            group.cancelAll()
        }
    }

    @Test func `lines of requests leave the books as they are, and go with their day`() async throws {
        try await QueueFixture.run { queue in
            let term = try await queue.lead()
            try await LogPartitions(pool: queue.pool).ensure(daysAhead: 0)
            try await writing(queue) { writer in
                for number in 0..<2500 { writer.append(Self.line(number % 2 == 0 ? queue.workspace : nil, "/\(number)")) }
                try await eventually("all are written") { try await queue.number("SELECT count(*) FROM integration_log") == 2500 }
                #expect(writer.dropped == 0 && writer.backlog == 0)
            }
            #expect(try await queue.number("SELECT count(*) FROM integration_log_default") == 0, "a line lies in its day")
            #expect(try await queue.audit.books().differences == [])
            _ = try await queue.pool.query(
                "CREATE TABLE integration_log_20200102 PARTITION OF integration_log FOR VALUES FROM ('2020-01-02 00:00:00+00') TO ('2020-01-03 00:00:00+00')")
            _ = try await queue.pool.query("UPDATE integration_log SET at = '2020-01-02 12:00:00+00'")
            try await LogPartitions(pool: queue.pool).drop(olderThan: Retention().log, term: term)
            let books = try await queue.audit.books()
            #expect(try await queue.number("SELECT count(*) FROM integration_log") == 0)
            #expect(books.prunedAttempts == 0 && books.differences == [])
        }
    }

    @Test func `a line that the ledger refuses is dropped alone`() async throws {
        try await QueueFixture.run { queue in
            try await writing(queue) { writer in
                for number in 0..<20 { writer.append(Self.line(queue.workspace, "/\(number)", address: number == 7 ? "no address" : "::1")) }
                try await eventually("the others are written") { try await queue.number("SELECT count(*) FROM integration_log") == 19 }
                #expect(writer.dropped == 1)
                #expect(try await queue.number("SELECT count(*) FROM integration_log WHERE path = '/7'") == 0)
            }
        }
    }

    @Test func `what was written makes room for what comes`() async throws {
        try await QueueFixture.run { queue in
            try await writing(queue, mostBytes: 3000) { writer in
                for number in 0..<20 {
                    writer.append(Self.line(queue.workspace, "/\(number)"))
                    try await eventually("it is taken") { writer.backlog == 0 }
                }
                try await eventually("all are written") { try await queue.number("SELECT count(*) FROM integration_log") == 20 }
                #expect(writer.dropped == 0)
            }
        }
    }

    @Test func `bytes are bounded too`() throws {
        let pool = PostgresPool(try PostgresConfiguration(url: "postgres://nobody@/nothing?host=/nowhere"), logger: Logger(label: "test"))
        let writer = LogWriter(pool: pool, logger: Logger(label: "test"), mostBytes: 100_000)
        var line = Self.line(nil, "/")
        line.bodies = LogLine.Bodies(request: [UInt8](repeating: 0x20, count: 40_000), response: nil, redaction: BodyRedaction())
        for _ in 0..<5 { writer.append(line) }
        #expect(writer.backlog == 2 && writer.dropped == 3)
    }
}
