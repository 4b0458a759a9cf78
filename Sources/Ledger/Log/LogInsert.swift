import Postgres
import Primitives

/// The statement that writes lines of the log.
enum LogInsert {
    /// The time of a line is the server's, less what it waited here.
    private static let statement = """
        INSERT INTO integration_log (at, workspace_id, type, outcome, status, error_class, duration_us, method, route, path, principal, address, request_id,
            trace_id, details, request_body, response_body)
        SELECT now() - waited * interval '1 microsecond', workspace_id, type, outcome, status, error_class, duration, method, route, path, principal,
            address::inet, request_id, trace_id, details, request_body, response_body
        FROM unnest($1::int8[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::int8[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::text[], $13::text[], $14::uuid[], $15::text[], $16::text[], $17::text[])
            AS t (waited, workspace_id, type, outcome, status, error_class, duration, method, route, path, principal, address, request_id, trace_id, details,
                request_body, response_body)
        """

    static func run(_ batch: ArraySlice<LogBuffer.Waiting>, on pool: PostgresPool, now: ContinuousClock.Instant) async throws {
        let lines = batch.map(\.line)
        try await pool.query(
            statement,
            [
                .int64s(batch.map { ($0.since.duration(to: now)).microseconds }), .ids(lines.map { ($0.workspace ?? LogLine.nobody).value }),
                .texts(lines.map(\.source.rawValue)), .texts(lines.map(\.outcome)), .optionalInt32s(lines.map(\.status)),
                texts(lines, \.errorClass), .int64s(lines.map(\.duration.microseconds)), texts(lines, \.method), texts(lines, \.route),
                texts(lines, \.path), texts(lines, \.principal), texts(lines, \.address), texts(lines, \.requestID),
                .optionalIDs(lines.map { $0.trace.map { Identifier(high: $0.trace.high, low: $0.trace.low) } }), texts(lines, \.details),
                .optionalTexts(lines.map { line in line.bodies.flatMap { kept($0.request, $0.redaction) } }),
                .optionalTexts(lines.map { line in line.bodies.flatMap { kept($0.response, $0.redaction) } }),
            ])
    }

    private static func texts(_ lines: [LogLine], _ text: (LogLine) -> String?) -> PostgresValue {
        .optionalTexts(lines.map { text($0).map(Settlement.storable) })
    }

    private static func kept(_ body: [UInt8]?, _ redaction: BodyRedaction) -> String? { body.map { redaction.text(of: $0) } }
}
