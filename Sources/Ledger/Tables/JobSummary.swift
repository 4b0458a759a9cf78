import Postgres
package import Primitives

/// A job as it is shown: everything but its payload.
package struct JobSummary: Sendable {
    package var id: JobID
    package var kind: String
    package var queue: String
    package var lane: String
    package var priority: Int16
    package var state: String
    package var attempt: Int32
    package var failures: Int32
    package var reclaims: Int32
    package var maxAttempts: Int32
    /// Nil while it waits for other jobs.
    package var runAt: Int64?
    package var uniqueKey: String?
    package var trace: String?
    package var errorClass: String?
    package var errorMessage: String?
    package var createdAt: Int64
    package var settledAt: Int64?
    package var laneKey: String?
    /// Microseconds.
    package var deadline: Int64?
    package var notAfter: Int64?
    package var payloadVersion: Int16
    /// Set when somebody wanted it cancelled.
    package var cancelReason: String?

    static let columns = """
        id, kind, queue, lane, priority, state::text, attempt, failures, reclaims, max_attempts, nullif(run_at, 'infinity'), unique_key, trace, error_class,
        error_message, created_at, settled_at, lane_key, deadline_us, not_after, payload_version, cancel_reason
        """
    static let columnCount = 22

    init(_ row: PostgresRow) throws {
        id = JobID(try row.id(0))
        kind = try row.text(1)
        queue = try row.text(2)
        lane = try row.text(3)
        priority = try row.int16(4)
        state = try row.text(5)
        attempt = try row.int32(6)
        failures = try row.int32(7)
        reclaims = try row.int32(8)
        maxAttempts = try row.int32(9)
        runAt = try row.optionalTimestamp(10)
        uniqueKey = try row.optionalText(11)
        trace = try row.optionalText(12)
        errorClass = try row.optionalText(13)
        errorMessage = try row.optionalText(14)
        createdAt = try row.timestamp(15)
        settledAt = try row.optionalTimestamp(16)
        laneKey = try row.optionalText(17)
        deadline = try row.optionalInt64(18)
        notAfter = try row.optionalTimestamp(19)
        payloadVersion = try row.int16(20)
        cancelReason = try row.optionalText(21)
    }
}
