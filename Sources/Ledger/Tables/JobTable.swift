package import Postgres
package import Primitives

/// Where a job stands. Running and scheduled ones are pending: only the index knows the difference.
package enum JobState: String, Sendable, CaseIterable {
    case pending, succeeded, dead, cancelled
}

/// Jobs, as they are read; `JobWriter` and `SettlementWriter` write them.
package struct JobTable: Sendable {
    package struct Filter: Sendable {
        package var kind: String?
        package var queue: String?
        /// Any of these stored names.
        package var lanes: [String]?
        package var state: JobState?
        package var errorClass: String?

        package init(kind: String? = nil, queue: String? = nil, lanes: [String]? = nil, state: JobState? = nil, errorClass: String? = nil) {
            self.kind = kind
            self.queue = queue
            self.lanes = lanes
            self.state = state
            self.errorClass = errorClass
        }

        /// The parameters of `condition`, in order.
        var parameters: [PostgresValue] { [.optional(kind), .optional(queue), .optional(texts: lanes), .optional(errorClass)] }

        /// Four parameters, from the given number on. The state is spelled out: a partial index is not seen through a parameter.
        func condition(from first: Int) -> String {
            let state = state.map { "state = '\($0.rawValue)'" } ?? "true"
            return """
                \(state) AND ($\(first)::text IS NULL OR kind = $\(first)) AND ($\(first + 1)::text IS NULL OR queue = $\(first + 1))
                AND ($\(first + 2)::text[] IS NULL OR lane = ANY ($\(first + 2))) AND ($\(first + 3)::text IS NULL OR error_class = $\(first + 3))
                """
        }
    }

    package struct Found: Sendable {
        package var job: JobSummary
        package var payload: String
        /// Oldest first.
        package var attempts: [LogRow]
        /// JSON text.
        package var result: String?
        /// Of a pending job, the last that it said.
        package var progress: Progress?
        /// Jobs that it waits for, and those that wait for it.
        package var blockedBy: [JobID]
        package var followers: [JobID]
    }

    package struct Progress: Sendable, Equatable {
        package var attempt: Int32
        package var percent: Double?
        package var text: String
        package var at: Int64
    }

    /// Bounds of a list beside its filter; what is nil lets everything pass.
    package struct Range: Sendable {
        /// Microseconds since 1970: from this time on.
        package var createdAfter: Int64?
        /// Before this time.
        package var createdBefore: Int64?
        package var uniqueKey: String?

        package init(createdAfter: Int64? = nil, createdBefore: Int64? = nil, uniqueKey: String? = nil) {
            self.createdAfter = createdAfter
            self.createdBefore = createdBefore
            self.uniqueKey = uniqueKey
        }
    }

    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ id: JobID, workspace: WorkspaceID) async throws -> Found? {
        // Before the row, so that what is shown of it is never older than what its attempts say.
        let attempts = try await LogTable(pool: pool).attempts(of: id, workspace: workspace)
        let rows = try await pool.query(
            """
            SELECT \(JobSummary.columns), payload, result, blocked_by > 0, has_followers FROM jobs WHERE id = $1 AND workspace_id = $2
            """, [.id(id.value), .id(workspace.value)])
        guard let row = rows.first else { return nil }
        let next = JobSummary.columnCount
        let summary = try JobSummary(row)
        return Found(
            job: summary, payload: try row.text(next), attempts: attempts,
            result: try row.optionalText(next + 1), progress: summary.state == JobState.pending.rawValue ? try await progress(of: id) : nil,
            blockedBy: try row.bool(next + 2) ? try await predecessors(of: id) : [],
            followers: try row.bool(next + 3) ? try await followers(of: id) : [])
    }

    private func progress(of id: JobID) async throws -> Progress? {
        let rows = try await pool.query("SELECT attempt, percent, text, at FROM job_progress WHERE job_id = $1", [.id(id.value)])
        return try rows.first.map {
            Progress(attempt: try $0.int32(0), percent: try $0.optionalDouble(1), text: try $0.text(2), at: try $0.timestamp(3))
        }
    }

    private func predecessors(of id: JobID) async throws -> [JobID] {
        let rows = try await pool.query(
            """
            SELECT d.predecessor_id FROM job_follows d LEFT JOIN jobs j ON j.id = d.predecessor_id
            WHERE d.follower_id = $1 AND j.state IS DISTINCT FROM 'succeeded' ORDER BY 1 LIMIT 1000
            """, [.id(id.value)])
        return try rows.map { JobID(try $0.id(0)) }
    }

    private func followers(of id: JobID) async throws -> [JobID] {
        let rows = try await pool.query(
            "SELECT follower_id FROM job_follows WHERE predecessor_id = $1 ORDER BY 1 LIMIT 1000", [.id(id.value)])
        return try rows.map { JobID(try $0.id(0)) }
    }

    /// Newest first, those before the given one.
    package func list(
        workspace: WorkspaceID, filter: Filter = Filter(), range: Range = Range(), before: JobID?, limit: Int
    ) async throws -> [JobSummary] {
        let rows = try await pool.query(
            """
            SELECT \(JobSummary.columns) FROM jobs
            WHERE workspace_id = $1 AND id < $2 AND \(filter.condition(from: 7)) AND ($4::timestamptz IS NULL OR created_at >= $4)
                AND ($5::timestamptz IS NULL OR created_at < $5) AND ($6::text IS NULL OR unique_key = $6)
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [
                .id(workspace.value), .id(before), .int64(Int64(limit)), .optional(time: range.createdAfter), .optional(time: range.createdBefore),
                .optional(range.uniqueKey),
            ] + filter.parameters)
        return try rows.map(JobSummary.init)
    }

    /// Which of the jobs have ended, by whatever ending, or are gone.
    package func ended(among ids: [JobID]) async throws -> Set<JobID> {
        let rows = try await pool.query(
            "SELECT id FROM unnest($1::uuid[]) AS t (id) WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = t.id AND j.state = 'pending')",
            [.ids(ids.map(\.value))])
        return Set(try rows.map { JobID(try $0.id(0)) })
    }
}
