import Postgres
package import Primitives

/// A line of the integration log.
package struct LogRow: Sendable {
    package var id: LogID
    package var at: Int64
    package var type: String
    package var job: JobID?
    package var kind: String?
    package var lane: String?
    package var attempt: Int32?
    package var outcome: String
    package var status: Int32?
    package var errorClass: String?
    package var message: String?
    /// Microseconds.
    package var duration: Int64?
    /// JSON text.
    package var details: String?
    package var method: String?
    /// The template that matched.
    package var route: String?
    package var path: String?
    package var principal: String?
    package var address: String?
    package var requestID: String?
    package var trace: Identifier?

    static let columns = """
        id, at, type, job_id, kind, lane, attempt, outcome, status, error_class, message, duration_us, details, method, route, path, principal, address,
        request_id, trace_id
        """
    /// With what is no type that a row is read in.
    static let shown = columns.replacing("address", with: "host(address)")
    /// How many columns there are.
    static let width = 20

    init(_ row: PostgresRow) throws {
        at = try row.timestamp(1)
        id = LogID(at: at, number: try row.int64(0))
        type = try row.text(2)
        job = try row.optionalID(3).map { JobID($0) }
        kind = try row.optionalText(4)
        lane = try row.optionalText(5)
        attempt = try row.optionalInt32(6)
        outcome = try row.text(7)
        status = try row.optionalInt32(8)
        errorClass = try row.optionalText(9)
        message = try row.optionalText(10)
        duration = try row.optionalInt64(11)
        details = try row.optionalText(12)
        method = try row.optionalText(13)
        route = try row.optionalText(14)
        path = try row.optionalText(15)
        principal = try row.optionalText(16)
        address = try row.optionalText(17)
        requestID = try row.optionalText(18)
        trace = try row.optionalID(19)
    }
}
