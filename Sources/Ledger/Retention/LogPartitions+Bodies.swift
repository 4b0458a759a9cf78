import Postgres
import Primitives

/// Bodies go before the lines that have them: what receivers answered, and what API requests and answers said. A day is worked through once, in portions,
/// when all of it is old enough; its lines stay, and with them everything that is counted.
extension LogPartitions {
    /// Of a portion.
    private static let blocks: Int64 = 32

    package func stripBodies(olderThan age: Duration, term: LeaderTerm) async throws {
        let done = Set(try await pool.query("SELECT day FROM log_days_without_bodies").map { try $0.text(0) })
        for (day, _) in try await days.over(by: age) where !done.contains(day) {
            let size = try await pool.query("SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int8", [.text(day)])
            for first in stride(from: 0, through: try size.first?.int64(0) ?? 0, by: Int(Self.blocks)) {
                let begun = ContinuousClock.now
                guard try await strip(day, from: Int64(first), term: term) > 0 else { continue }
                try await Task.sleep(for: (ContinuousClock.now - begun) * 3)
            }
            // A line that was moved meanwhile may have been missed: the day is looked at again then.
            _ = try await pool.query(
                """
                INSERT INTO log_days_without_bodies (day) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM \(day) WHERE \(Self.hasBodies))
                ON CONFLICT DO NOTHING
                """, [.text(day)])
        }
    }

    /// Members of a line's details that are the receiver's words.
    private static let members: Set<String> = ["responseBody", "responseHeaders"]
    private static let hasBodies =
        "request_body IS NOT NULL OR response_body IS NOT NULL OR " + members.sorted().map { "details LIKE '%\"\($0)\":%'" }.joined(separator: " OR ")

    /// - Returns: how many lines had bodies.
    private func strip(_ day: String, from block: Int64, term: LeaderTerm) async throws -> Int {
        try await pool.withTransaction { connection in
            let leads = try await connection.query(
                "SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters)
            guard !leads.isEmpty else { throw LedgerError.termLost }
            let rows = try await connection.query(
                """
                SELECT ctid::text, details FROM \(day) WHERE ctid >= '(\(block),0)'::tid AND ctid < '(\(block + Self.blocks),0)'::tid AND (\(Self.hasBodies))
                FOR UPDATE
                """)
            guard !rows.isEmpty else { return 0 }
            _ = try await connection.query(
                """
                UPDATE \(day) l SET details = t.details, request_body = NULL, response_body = NULL
                FROM unnest($1::text[], $2::text[]) AS t (place, details) WHERE l.ctid = t.place::tid
                """,
                [.texts(try rows.map { try $0.text(0) }), .optionalTexts(try rows.map { Self.withoutBody(try $0.optionalText(1)) })])
            return rows.count
        }
    }

    /// Everything else stays, in its order. What cannot be read as what we write is not kept.
    static func withoutBody(_ details: String?) -> String? {
        guard let details, members.contains(where: { details.contains("\"\($0)\":") }) else { return details }
        guard let found = try? RawJSON(Array(details.utf8)).members else { return nil }
        let kept = found.filter { !members.contains($0.name) }.map { JSONText.quoted($0.name) + ":" + $0.value.text }
        return kept.isEmpty ? nil : "{" + kept.joined(separator: ",") + "}"
    }
}
