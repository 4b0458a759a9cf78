import Foundation
import Ledger
import Postgres
import Primitives
import Redis
import TestSupport
import Testing

/// What goes in, what came of it, and whether the books balance.
extension Fleet {
    /// An endpoint for the event type; its id.
    @discardableResult
    func addEndpoint(_ url: String, event: String = "test.happened") async throws -> String {
        let answer = try await client.post(
            "/api/webhooks", #"{"eventType":"\#(event)","webhookUrl":"\#(url)","secret":"\#(secrets.webhookSecret)"}"#)
        guard answer.status == 201, let id = answer.text("id") else { throw NeverHappened("an endpoint: \(answer)") }
        return id
    }

    /// As many events of the type, several publishers at once; every one must be answered with 202.
    func publish(_ count: Int, event: String = "test.happened", publishers: Int = 8) async throws {
        let client = client
        try await withThrowingTaskGroup { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for number in stride(from: publisher, to: count, by: publishers) {
                        let answer = try await client.post("/api/events", #"{"event":"\#(event)","data":{"number":\#(number)}}"#)
                        guard answer.status == 202 else { throw NeverHappened("a 202 for event \(number): \(answer)") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// No-ops in one request, in a lane of their own.
    func enqueueNoops(_ count: Int, lane: String) async throws {
        let job = #"{"kind":"noop","payload":{},"lane":"\#(lane)"}"#
        let answer = try await client.post("/api/jobs/batch", "[" + Array(repeating: job, count: count).joined(separator: ",") + "]")
        guard answer.status == 202 else { throw NeverHappened("a 202 for \(count) jobs: \(answer)") }
    }

    /// Puts in one no-op; whether it was taken.
    func accepts() async throws -> Bool { (try? await client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).status) == 202 }

    func number(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int64 {
        guard let row = try await pool.query(sql, values).first else { return 0 }
        return try row.int64(0)
    }

    func jobs(_ state: String) async throws -> Int64 {
        try await number("SELECT count(*) FROM jobs WHERE state = $1::text::job_state", [.text(state)])
    }

    /// Every accepted job has succeeded, and there are as many as were put in.
    func awaitAllSucceeded(_ count: Int, within limit: Duration = .seconds(40)) async throws {
        var seen: [Int64] = []
        do {
            try await eventually("\(count) jobs have succeeded", within: limit) {
                seen = [try await jobs("succeeded"), try await jobs("pending"), try await jobs("dead"), try await jobs("cancelled")]
                return seen == [Int64(count), 0, 0, 0]
            }
        } catch is NeverHappened {
            let rest = try await unfinished()
            throw NeverHappened("not within \(limit): \(count) jobs succeeded; succeeded, pending, dead, cancelled: \(seen)\n\(rest)")
        }
    }

    /// The history of jobs that did not end, for a failing test.
    private func unfinished() async throws -> String {
        try await pool.query(
            """
            SELECT j.id::text || ' ' || j.lane || ' attempt ' || attempt || ' run_at ' || run_at || ' delayed ' || delayed
                || coalesce(' ' || error_class, '') || ': ' || coalesce((SELECT string_agg(l.outcome, ' ' ORDER BY l.id) FROM integration_log l WHERE l.job_id = j.id), '-')
            FROM jobs j WHERE state <> 'succeeded' ORDER BY id LIMIT 10
            """
        ).map { try $0.text(0) }.joined(separator: "\n")
    }

    /// Jobs whose log does not show exactly one final ending.
    func jobsWithoutOneEnding() async throws -> Int64 {
        try await number(
            """
            SELECT count(*) FROM (
                SELECT j.id FROM jobs j LEFT JOIN integration_log l
                    ON l.job_id = j.id AND l.type = 'attempt' AND l.outcome IN ('succeeded', 'dead', 'cancelled')
                GROUP BY j.id HAVING count(l.id) <> 1) t
            """)
    }

    /// What the index says is running in a queue, by all workers.
    func held(queue: String = "webhooks") async throws -> Int64 {
        let tag = "v2:{\(queue).0}:"
        guard let epoch = try await index.send(["HGET", .string(tag + "index"), "epoch"]).text else { return -1 }
        return try await index.send(["HLEN", .string(tag + epoch + ":held")]).integer ?? -1
    }

    struct Report: Decodable {
        var balanced: Bool
        var books: Audit.Books
        var differences: [String]
    }

    /// `voicera audit` must come to balance: the books at once, the index when it has come to rest.
    func expectBalance(within limit: Duration = .seconds(20)) async throws {
        var last = ""
        do {
            try await eventually("the audit balances", within: limit) {
                do {
                    let report = try JSONDecoder().decode(Report.self, from: Data(try await command("audit", "--json").joined(separator: "\n").utf8))
                    return report.balanced && report.differences.isEmpty
                } catch let error as NeverHappened {
                    last = error.description
                    return false
                }
            }
        } catch is NeverHappened {
            throw NeverHappened("the audit does not balance within \(limit): \(last)")
        }
    }
}

/// A measured time or size, in the test's output.
func note(_ figure: String) { print("FIGURE  \(figure)") }

/// Long outages and large backlogs only where there is time for them.
let isLongRun = ProcessInfo.processInfo.environment["VOICERA_LONG_TESTS"] != nil
