import Postgres
package import Primitives

/// Which lines of the log are asked for; what is nil lets every line pass.
package struct LogFilter: Sendable {
    package var type: String?
    package var job: JobID?
    package var kind: String?
    /// As they are stored.
    package var lanes: [String]?
    package var outcome: String?
    package var status: ClosedRange<Int32>?
    package var method: String?
    package var route: String?
    package var principal: String?
    /// An address, or a network such as `192.0.2.0/24`.
    package var address: String?
    package var requestID: String?
    package var trace: Identifier?
    package var errorClass: String?
    /// Microseconds: lines that took longer.
    package var longerThan: Int64?
    /// Microseconds since 1970: from this time on.
    package var since: Int64?
    /// Before this time.
    package var until: Int64?

    package init() {}

    /// The condition on a row of the page that is looked at; its parameters begin at $6.
    static let condition = """
        ($6::uuid IS NULL OR job_id = $6) AND ($7::text IS NULL OR request_id = $7) AND ($8::uuid IS NULL OR trace_id = $8)
        AND ($9::text IS NULL OR type = $9) AND ($10::text IS NULL OR kind = $10) AND ($11::text[] IS NULL OR lane = ANY ($11))
        AND ($12::text IS NULL OR outcome = $12) AND ($13::int IS NULL OR status BETWEEN $13 AND $14) AND ($15::text IS NULL OR method = $15)
        AND ($16::text IS NULL OR route = $16) AND ($17::text IS NULL OR principal = $17)
        AND ($18::text IS NULL OR address <<= $18::inet) AND ($19::text IS NULL OR error_class = $19)
        AND ($20::int8 IS NULL OR duration_us > $20)
        """

    var parameters: [PostgresValue] {
        [
            job.map { .id($0.value) } ?? .null, .optional(requestID), trace.map { .id($0) } ?? .null, .optional(type), .optional(kind),
            .optional(texts: lanes), .optional(outcome), status.map { .int32($0.lowerBound) } ?? .null, status.map { .int32($0.upperBound) } ?? .null,
            .optional(method), .optional(route), .optional(principal), .optional(address), .optional(errorClass),
            longerThan.map { .int64($0) } ?? .null,
        ]
    }
}
