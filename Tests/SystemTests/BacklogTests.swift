import LocalStack
import Postgres
import Primitives
import Redis
import TestSupport
import Testing

extension TheSystem {
    @Suite(.serialized)
    struct Backlog {
        private static let size = isLongRun ? 1_000_000 : 200_000
        /// A window of 1,000 ids takes about 150 KB; this leaves room for what clients and scripts use.
        private static let mostMemory: Int64 = 1 << 20

        @Test func `a huge backlog takes a window of Redis and holds up nobody else`() async throws {
            try await Fleet.run(.with(concurrency: "default=100")) { fleet in
                try await eventually("the index is open") { try await fleet.held(queue: "default") == 0 }
                let before = try await memory(fleet)
                try await fleet.enqueueNoops(1, lane: "backlog")
                try await insertBacklog(fleet)
                try await eventually("the sweep has filled the lane's window") { try await windowCount(fleet) == 1000 }
                for _ in 1...5 { try await fleet.enqueueNoops(1000, lane: "backlog") }
                let waiting = try await memory(fleet) - before
                #expect(try await windowCount(fleet) == 1000)
                note("\(try await fleet.jobs("pending")) jobs wait in one lane: Redis uses \(waiting) bytes for them")
                #expect(waiting <= Self.mostMemory)

                for _ in 1...2 { try fleet.startWorker() }
                try await eventually("the backlog moves") { try await fleet.jobs("succeeded") >= 1000 }
                var delays: [Double] = []
                var most: Int64 = 0
                for number in 1...10 {
                    try await fleet.enqueueNoops(1, lane: "other-\(number)")
                    try await eventually("the other lane's job has run") { try await fleet.number(Self.othersDone) == number }
                    delays.append(Double(try await fleet.number(Self.slowest)) / 1e6)
                    most = max(most, try await memory(fleet) - before)
                }
                #expect(try await fleet.jobs("pending") > 10_000, "the backlog must outlast the other jobs")
                note("beside it, jobs of other lanes were settled within \(delays.max() ?? -1) s of their acceptance; Redis \(most) bytes at most")
                #expect(delays.allSatisfy { $0 < 1 })
                #expect(most <= 4 * Self.mostMemory)
                try await fleet.expectBalance()
            }
        }

        private static let othersDone = "SELECT count(*) FROM jobs WHERE lane LIKE '%other-%' AND state = 'succeeded'"
        private static let slowest = """
            SELECT max(extract(epoch FROM settled_at - created_at) * 1000000)::int8 FROM jobs WHERE lane LIKE '%other-%' AND state = 'succeeded'
            """

        private func memory(_ fleet: Fleet) async throws -> Int64 {
            let text = try await fleet.index.send(["INFO", "memory"]).text ?? ""
            let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
            return line.flatMap { Int64($0.dropFirst("used_memory:".count)) } ?? -1
        }

        private func windowCount(_ fleet: Fleet) async throws -> Int64 {
            let epoch = try await fleet.index.send(["HGET", "v2:{default.0}:index", "epoch"]).text ?? ""
            let lane = try await fleet.pool.query("SELECT lane FROM jobs WHERE lane LIKE '%backlog' LIMIT 1").first?.text(0) ?? ""
            return try await fleet.index.send(["ZCARD", .string("v2:{default.0}:\(epoch):lane:\(lane)")]).integer ?? -1
        }

        /// Into the lane of the one job there is. As the API accepts jobs, rows and counter together, and with ids of their age; only not a
        /// thousand in a request.
        private func insertBacklog(_ fleet: Fleet) async throws {
            let chunk = 100_000
            for first in stride(from: 0, to: Self.size, by: chunk) {
                _ = try await fleet.pool.query(
                    """
                    WITH accepted AS (
                        INSERT INTO jobs (id, workspace_id, kind, queue, lane, payload, max_attempts)
                        SELECT
                            (lpad(to_hex((extract(epoch FROM now()) * 1000)::int8 - 60000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
                            j.workspace_id, 'noop', 'default', j.lane, '{}', 20
                        FROM (SELECT workspace_id, lane FROM jobs LIMIT 1) j, generate_series($1::int8, $2::int8) n
                        RETURNING 1)
                    UPDATE ledger_counters SET accepted = accepted + (SELECT count(*) FROM accepted) WHERE slot = 0
                    """,
                    [.int64(Int64(first)), .int64(Int64(first + chunk - 1))])
            }
        }
    }
}
