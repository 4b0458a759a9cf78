package import Postgres
package import Primitives

/// What workspaces want of the log. One without a row wants no bodies.
package struct LogPolicyTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ workspace: WorkspaceID) async throws -> LogPolicy {
        try await pool.query("SELECT bodies, redact FROM log_policies WHERE workspace_id = $1", [.id(workspace.value)]).first.map { try Self.policy($0, from: 0) }
            ?? LogPolicy()
    }

    /// Nil leaves it as it is. The policy and the operators' record in one transaction.
    package func change(bodies: LogPolicy.Bodies?, redact: [String]?, of workspace: WorkspaceID, actor: String) async throws -> LogPolicy {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                INSERT INTO log_policies AS p (workspace_id, bodies, redact) VALUES ($1, coalesce($2, 'off'), coalesce($3::text[], '{}'))
                ON CONFLICT (workspace_id) DO UPDATE SET bodies = coalesce($2, p.bodies), redact = coalesce($3::text[], p.redact), updated_at = now()
                RETURNING bodies, redact
                """,
                [.id(workspace.value), .optional(bodies?.rawValue), .optional(texts: redact)])
            guard let row = rows.first else { throw LedgerError.changedMeanwhile }
            let policy = try Self.policy(row, from: 0)
            let detail = "{\"bodies\":\"\(policy.bodies.rawValue)\",\"redact\":[\(policy.redact.map(JSONText.quoted).joined(separator: ","))]}"
            try await OperatorActionTable.record(workspace: workspace, actor: actor, action: "log_policies.change", detail: detail, on: connection)
            return policy
        }
    }

    /// Those that were changed since a moment before the given time; nil for all.
    /// - Returns: with the latest change among them.
    func changed(since last: Int64?) async throws -> (policies: [(WorkspaceID, LogPolicy)], latest: Int64?) {
        // A change is seen when it is committed, and its time is when its transaction began: the margin is longer than a statement may take.
        let rows = try await pool.query(
            """
            SELECT workspace_id, bodies, redact, updated_at FROM log_policies
            WHERE updated_at >= coalesce($1::timestamptz - interval '1 minute', '-infinity') ORDER BY updated_at
            """, [.optional(time: last)])
        return (try rows.map { (WorkspaceID(try $0.id(0)), try Self.policy($0, from: 1)) }, try rows.last?.timestamp(3) ?? last)
    }

    private static func policy(_ row: PostgresRow, from column: Int) throws -> LogPolicy {
        LogPolicy(bodies: LogPolicy.Bodies(rawValue: try row.text(column)) ?? .off, redact: try row.texts(column + 1))
    }
}
