import Foundation
import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import Redis

/// What a job costs the stores when much waits, or waits in many lanes.
extension BenchSystem {
    static let growthColumns = ["redis us/job", "postgres us/job", "own us/job", "redis MB"]

    /// With so many no-op jobs waiting in so many lanes, the cost of those that run first.
    func growth(waiting: Int, lanes: Int) async throws -> [Double] {
        try await clear()
        try await fill(waiting, lanes: lanes)
        try await waitForIndex()
        // A share of the backlog at most, so that it stays what it is called; the first jobs open connections and lanes.
        let warm = min(2_000, waiting / 10)
        let count = min(30_000, waiting / 2)
        return try await withWorkers { () async throws -> [Double] in
            try await waitForEnded(warm)
            let begun = try await ended()
            let before = ProcessorTime.now(stores: storePIDs)
            try await waitForEnded(begun + count)
            let after = try await ended()
            let used = ProcessorTime.now(stores: storePIDs) - before
            let jobs = Double(after - begun)
            return [
                Double(used.byStore["redis"] ?? 0) / jobs, Double(used.byStore["postgres"] ?? 0) / jobs, Double(used.own) / jobs,
                Double(try await redisBytes()) / 1_048_576,
            ]
        }
    }

    /// An empty ledger and an empty index: its loss is noticed by the leader, who builds it anew.
    private func clear() async throws {
        try await patiently("TRUNCATE jobs, integration_log; UPDATE ledger_counters SET accepted = 0, succeeded = 0, dead = 0, cancelled = 0, attempts = 0")
        _ = try await redis.send(["FLUSHALL"])
    }

    /// Straight into the table, as the accepting of so many would have left it.
    private func fill(_ count: Int, lanes: Int) async throws {
        let perStatement = 250_000
        let time = Int64(Date.now.timeIntervalSince1970 * 1000) - Int64(count / 4096) - 1
        for first in stride(from: 0, to: count, by: perStatement) {
            // Ids that grow with n, as those of one process do: 48 bits of milliseconds, 12 that count up.
            try await patiently(
                """
                INSERT INTO jobs (id, workspace_id, kind, queue, lane, payload, max_attempts)
                SELECT (lpad(to_hex(\(time) + n / 4096), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid,
                    '\(Self.uuid(workspace.value))', '\(NoopJob.kind)', 'default', 'lane' || (n % \(lanes)),
                    '{"args":["string",' || n || ',{"mike":"bob"}]}', 20
                FROM generate_series(\(first)::bigint, \(min(count, first + perStatement) - 1)) n
                """)
        }
        try await patiently("UPDATE ledger_counters SET accepted = accepted + \(count) WHERE slot = 0")
        // What it leaves to do is done now, not while something is measured.
        try await patiently("VACUUM (ANALYZE) jobs")
        try await patiently("CHECKPOINT")
    }

    private func patiently(_ script: String) async throws {
        try await pool.withConnection { connection in
            try await connection.execute(script: "SET statement_timeout = 0")
            try await connection.execute(script: script, within: .seconds(900))
            try await connection.execute(script: "SET statement_timeout = 30000")
        }
    }

    private func redisBytes() async throws -> Int64 {
        let info = try await redis.send(["INFO", "memory"]).text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
        return line.flatMap { Int64($0.dropFirst("used_memory:".count)) } ?? 0
    }

    private static func uuid(_ id: Identifier) -> String {
        let digits = [id.high, id.low].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        return digits
    }
}
