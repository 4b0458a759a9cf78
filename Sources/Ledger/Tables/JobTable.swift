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
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ id: JobID, workspace: WorkspaceID) async throws -> Found? {
        let rows = try await pool.query(
            "SELECT \(JobSummary.columns), payload FROM jobs WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        guard let row = rows.first else { return nil }
        return Found(
            job: try JobSummary(row), payload: try row.text(JobSummary.columnCount),
            attempts: try await LogTable(pool: pool).attempts(of: id, workspace: workspace))
    }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, filter: Filter = Filter(), before: JobID?, limit: Int) async throws -> [JobSummary] {
        let rows = try await pool.query(
            """
            SELECT \(JobSummary.columns) FROM jobs
            WHERE workspace_id = $1 AND id < $2 AND \(filter.condition(from: 4))
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit))] + filter.parameters)
        return try rows.map(JobSummary.init)
    }
}
