package import Postgres
package import Primitives

/// The integration log, as it is read.
package struct LogTable: Sendable {
    package struct Page: Sendable {
        package var rows: [LogRow]
        /// Where the list goes on; nil at its end. There may be one behind a page that is not full: then all was looked at that one page may look at.
        package var next: LogID?
    }

    package struct Bodies: Sendable {
        package var request: String?
        package var response: String?
    }

    /// Attempts shown with a job: the latest, since a job that was replayed often may have had many.
    private static let mostAttempts: Int64 = 200
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Newest first, those before the given one.
    package func page(of workspace: WorkspaceID, filter: LogFilter, before: LogID?, limit: Int) async throws -> Page {
        let scan = LogScan(filter)
        let end = LogID(at: min(max(filter.until ?? LogID.end, 0), LogID.end), number: 0)
        // A place that no line can have, beyond the end of time or before 1970, comes to the end as well: the id compares without a sign.
        let place = before.map { min($0, end) } ?? end
        // The window's order is the walk's and the page's: said at each step, nothing is sorted, and a page that is full ends the walk.
        let rows = try await pool.query(
            """
            SELECT \(LogRow.shown), matches, place = \(LogScan.mostRows) FROM (
                SELECT page.*, row_number() OVER (ORDER BY at DESC, id DESC) AS place, (\(LogFilter.condition)) AS matches FROM (\(scan.statement)) page) looked_at
            WHERE matches OR place = \(LogScan.mostRows) ORDER BY at DESC, id DESC LIMIT $5
            """,
            [
                .id(workspace.value), .timestamp(microsecondsSince1970: min(max(filter.since ?? 0, 0), LogID.end)),
                .timestamp(microsecondsSince1970: place.at), .int64(place.number), .int64(Int64(limit) + 1),
            ] + filter.parameters)
        var found: [LogRow] = []
        var last: LogID?
        for row in rows {
            let line = try LogRow(row)
            if try row.optionalBool(LogRow.width) ?? false { found.append(line) }
            if try row.bool(LogRow.width + 1) { last = line.id }
        }
        if found.count > limit { return Page(rows: Array(found.prefix(limit)), next: found[limit - 1].id) }
        return Page(rows: found, next: last)
    }

    /// One line and its bodies.
    package func find(_ id: LogID, workspace: WorkspaceID) async throws -> (row: LogRow, bodies: Bodies)? {
        guard id.isPossible else { return nil }
        let columns = "\(LogRow.shown), request_body, response_body"
        let rows = try await pool.query(
            """
            SELECT \(columns) FROM integration_log WHERE workspace_id = $1 AND at = $2 AND id = $3 AND type = 'request'
            UNION ALL SELECT \(columns) FROM integration_log WHERE workspace_id = $1 AND at = $2 AND id = $3 AND type <> 'request'
            """,
            [.id(workspace.value), .timestamp(microsecondsSince1970: id.at), .int64(id.number)])
        guard let row = rows.first else { return nil }
        return (try LogRow(row), Bodies(request: try row.optionalText(LogRow.width), response: try row.optionalText(LogRow.width + 1)))
    }

    /// A job's attempts, oldest first.
    package func attempts(of job: JobID, workspace: WorkspaceID) async throws -> [LogRow] {
        try await lines(of: job, workspace: workspace, "type = 'attempt'")
    }

    /// Attempts, and those that were answered and yet not spent, oldest first.
    package func requests(of job: JobID, workspace: WorkspaceID) async throws -> [LogRow] {
        try await lines(of: job, workspace: workspace, "(type = 'attempt' OR type = 'snooze' AND status IS NOT NULL)")
    }

    private func lines(of job: JobID, workspace: WorkspaceID, _ condition: String) async throws -> [LogRow] {
        let rows = try await pool.query(
            """
            SELECT \(LogRow.shown) FROM integration_log WHERE job_id = $1 AND workspace_id = $2 AND \(condition)
            ORDER BY job_id DESC, id DESC LIMIT $3
            """,
            [.id(job.value), .id(workspace.value), .int64(Self.mostAttempts)])
        return try rows.map(LogRow.init).reversed()
    }
}
