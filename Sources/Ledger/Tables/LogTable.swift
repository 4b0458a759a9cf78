package import Postgres
package import Primitives

/// A line of the integration log.
package struct LogRow: Sendable {
    package var id: Int64
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

    static let columns = "id, at, type, job_id, kind, lane, attempt, outcome, status, error_class, message, duration_us, details"

    init(_ row: PostgresRow) throws {
        id = try row.int64(0)
        at = try row.timestamp(1)
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
    }
}

/// The integration log, as it is read.
package struct LogTable: Sendable {
    package struct Filter: Sendable {
        package var type: String?
        package var job: JobID?
        package var kind: String?
        package var outcome: String?
        /// Microseconds since 1970: from this time on.
        package var since: Int64?
        /// Before this time.
        package var until: Int64?

        package init(
            type: String? = nil, job: JobID? = nil, kind: String? = nil, outcome: String? = nil, since: Int64? = nil, until: Int64? = nil
        ) {
            self.type = type
            self.job = job
            self.kind = kind
            self.outcome = outcome
            self.since = since
            self.until = until
        }
    }

    /// Attempts shown with a job: the latest, since a job that was replayed often may have had many.
    private static let mostAttempts: Int64 = 200
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, filter: Filter = Filter(), before: Int64?, limit: Int) async throws -> [LogRow] {
        let rows = try await pool.query(
            """
            SELECT \(LogRow.columns) FROM integration_log
            WHERE workspace_id = $1 AND id < $2 AND ($4::text IS NULL OR type = $4) AND ($5::uuid IS NULL OR job_id = $5)
                AND ($6::text IS NULL OR kind = $6) AND ($7::text IS NULL OR outcome = $7)
                AND ($8::timestamptz IS NULL OR at >= $8) AND ($9::timestamptz IS NULL OR at < $9)
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [
                .id(workspace.value), .int64(before ?? .max), .int64(Int64(limit)), .optional(filter.type),
                filter.job.map { .id($0.value) } ?? .null, .optional(filter.kind), .optional(filter.outcome), .optional(time: filter.since),
                .optional(time: filter.until),
            ])
        return try rows.map(LogRow.init)
    }

    /// A job's attempts, oldest first.
    package func attempts(of job: JobID, workspace: WorkspaceID) async throws -> [LogRow] {
        let rows = try await pool.query(
            """
            SELECT \(LogRow.columns) FROM integration_log WHERE job_id = $1 AND workspace_id = $2 AND type = 'attempt'
            ORDER BY job_id DESC, id DESC LIMIT $3
            """,
            [.id(job.value), .id(workspace.value), .int64(Self.mostAttempts)])
        return try rows.map(LogRow.init).reversed()
    }
}
