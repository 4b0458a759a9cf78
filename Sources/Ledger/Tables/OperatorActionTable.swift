package import Postgres
package import Primitives

/// Something that an operator did.
package struct OperatorAction: Sendable {
    package var id: Int64
    package var at: Int64
    package var actor: String
    /// `dead_letters.replay`: the thing in the plural, and the verb.
    package var action: String
    package var jobs: [JobID]
    /// JSON text.
    package var detail: String?
}

/// The operators' record: who changed, when, work that others asked for.
package struct OperatorActionTable: Sendable {
    package struct Filter: Sendable {
        package var action: String?
        package var actor: String?
        /// Microseconds since 1970: from this time on.
        package var since: Int64?
        /// Before this time.
        package var until: Int64?

        package init(action: String? = nil, actor: String? = nil, since: Int64? = nil, until: Int64? = nil) {
            self.action = action
            self.actor = actor
            self.since = since
            self.until = until
        }
    }

    /// Ids that a row keeps at most. What moves more says in its detail which ones they were.
    package static let mostJobs = 1000
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// To be called in the transaction of what is recorded, so that the one is not there without the other.
    /// - Parameters:
    ///   - action: the thing in the plural, and the verb: `lanes.park`.
    ///   - detail: JSON text.
    package static func record(
        workspace: WorkspaceID, actor: String, action: String, jobs: [JobID] = [], detail: String? = nil, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            "INSERT INTO operator_actions (workspace_id, actor, action, job_ids, detail) VALUES ($1, $2, $3, $4, $5)",
            [.id(workspace.value), .text(actor), .text(action), .ids(jobs.prefix(mostJobs).map(\.value)), .optional(detail)])
    }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, filter: Filter = Filter(), before: Int64?, limit: Int) async throws -> [OperatorAction] {
        let rows = try await pool.query(
            """
            SELECT id, at, actor, action, detail, job_ids FROM operator_actions
            WHERE workspace_id = $1 AND id < $2 AND ($4::text IS NULL OR action = $4) AND ($5::text IS NULL OR actor = $5)
                AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [
                .id(workspace.value), .int64(before ?? .max), .int64(Int64(limit)), .optional(filter.action), .optional(filter.actor),
                .optional(time: filter.since), .optional(time: filter.until),
            ])
        return try rows.map { row in
            OperatorAction(
                id: try row.int64(0), at: try row.timestamp(1), actor: try row.text(2), action: try row.text(3),
                jobs: try row.ids(5).map { JobID($0) }, detail: try row.optionalText(4))
        }
    }
}
