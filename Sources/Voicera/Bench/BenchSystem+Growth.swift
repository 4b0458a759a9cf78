import Foundation
import Jobs
import Ledger
import Postgres
import Primitives
import Queue
import Redis

/// What a job costs the stores when much waits, or waits in many lanes.
extension BenchSystem {
    private static let noopQueue = "default"
    static let growthColumns = ["redis us/job", "postgres us/job", "own us/job", "redis MB"]

    /// With so many no-op jobs waiting in so many lanes, the cost of those that run first. The lanes have their first windows in the index before
    /// anything runs; what they need after that is counted with the jobs.
    func growth(waiting: Int, lanes: Int) async throws -> [Double] {
        // Half of the backlog at most, so that it stays what it is called. A small one is made several times.
        let perFill = min(600_000, waiting / 2)
        var jobs = 0
        var own: Int64 = 0
        var stores: [String: Int64] = [:]
        var bytes: Int64 = 0
        while jobs < 30_000 {
            try await clear()
            try await fill(waiting, lanes: lanes)
            try await waitForIndex()
            // Workers refill a paused queue's lanes as any others.
            try await tune(QueueSettings(queue: Self.noopQueue, paused: -1))
            let (ended, used, filled) = try await withWorkers { () async throws -> (Int, ProcessorTime, Int64) in
                try await waitForWindows(of: lanes, jobs: waiting / lanes)
                let filled = try await redisBytes()
                let begun = try await self.ended()
                let before = ProcessorTime.now(stores: storePIDs)
                try await tune(QueueSettings(queue: Self.noopQueue))
                try await waitForEnded(begun + perFill)
                let after = try await self.ended()
                return (after - begun, ProcessorTime.now(stores: storePIDs) - before, filled)
            }
            bytes = filled
            jobs += ended
            own += used.own
            stores.merge(used.byStore) { $0 + $1 }
        }
        let perJob = [stores["redis"] ?? 0, stores["postgres"] ?? 0, own].map { Double($0) / Double(jobs) }
        return perJob + [Double(bytes) / 1_048_576]
    }

    private func tune(_ settings: QueueSettings) async throws {
        for index in indexes(of: settings.queue) { try await index.tune(settings, shards: 1) }
    }

    /// Until each lane has in the index what its window takes.
    private func waitForWindows(of lanes: Int, jobs: Int) async throws {
        let most = Int64(min(jobs, BenchProfile.standard.window))
        let names = (0..<lanes).map { "lane\($0)" }
        for first in stride(from: 0, to: lanes, by: 500) {
            let page = Array(names[first..<min(first + 500, lanes)])
            for index in indexes(of: Self.noopQueue) {
                while try await index.look(at: page)?.lanes.contains(where: { $0.waiting < most }) ?? true {
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
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
                    '\(Self.uuid(workspace.value))', '\(NoopJob.kind)', '\(Self.noopQueue)', 'lane' || (n % \(lanes)),
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

    func redisBytes() async throws -> Int64 {
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
