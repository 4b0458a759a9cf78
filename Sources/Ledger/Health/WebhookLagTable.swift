package import Postgres
package import Primitives

/// How late the deliveries of workspaces are: the age of the oldest that has been due and was not sent, though its lane may run. A lane that is held,
/// by whomever, is not late: it waits because it shall.
package struct WebhookLagTable: Sendable {
    package struct Lag: Sendable, Equatable {
        package var workspace: WorkspaceID
        /// Microseconds.
        package var age: Int64
    }

    /// Endpoints by what is the matter with them.
    package struct Endpoints: Sendable, Equatable {
        package var open: Int64 = 0
        package var disabled: Int64 = 0
        package var paused: Int64 = 0
        package var failing: Int64 = 0

        package init() {}
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Workspaces that are shown; the latest of them.
    private static let most = 20

    /// Looks at the first waiting job of each lane, hopping from lane to lane through the index: work in proportion to lanes, not to jobs.
    package func sample(queue: String, within limit: Duration, term: LeaderTerm) async throws {
        try await pool.withTransaction { connection in
            try await term.require(on: connection)
            try await connection.execute(script: "SET LOCAL statement_timeout = \(limit.milliseconds)")
            _ = try await connection.query("DELETE FROM webhook_lags", [])
            _ = try await connection.query(
                """
                WITH RECURSIVE firsts AS (
                    (\(Self.first("failures = 0", after: "''")))
                    UNION ALL
                    SELECT n.* FROM firsts f CROSS JOIN LATERAL (\(Self.first("failures = 0", after: "f.lane"))) n),
                retries AS (
                    (\(Self.first("failures > 0", after: "''")))
                    UNION ALL
                    SELECT n.* FROM retries f CROSS JOIN LATERAL (\(Self.first("failures > 0", after: "f.lane"))) n)
                INSERT INTO webhook_lags (workspace_id, oldest_due_at, sampled_at)
                SELECT w.workspace_id, min(w.run_at), now() FROM (SELECT * FROM firsts UNION ALL SELECT * FROM retries) w
                WHERE w.run_at <= now()
                    AND NOT EXISTS (SELECT 1 FROM lanes l WHERE l.queue = $1 AND l.lane = w.lane AND l.parked_until > now())
                GROUP BY 1 ORDER BY 2 LIMIT \(Self.most)
                """, [.text(queue)])
        }
    }

    private static func first(_ which: String, after lane: String) -> String {
        """
        SELECT j.lane, j.workspace_id, j.run_at FROM jobs j
        WHERE j.queue = $1 AND j.lane > \(lane) AND j.state = 'pending' AND NOT j.delayed AND j.\(which)
        ORDER BY j.queue, j.lane, j.priority, j.id LIMIT 1
        """
    }

    /// The latest first.
    package func latest() async throws -> [Lag] {
        try await pool.query(
            """
            SELECT workspace_id, (extract(epoch FROM sampled_at - oldest_due_at) * 1000000)::int8 FROM webhook_lags
            WHERE sampled_at > now() - interval '2 minutes' ORDER BY oldest_due_at
            """
        ).map { Lag(workspace: WorkspaceID(try $0.id(0)), age: max(0, try $0.int64(1))) }
    }

    package func endpoints() async throws -> Endpoints {
        let rows = try await pool.query(
            """
            SELECT (SELECT count(*) FROM endpoint_health WHERE circuit <> 'closed'), (SELECT count(*) FROM endpoints WHERE status = 'disabled'),
                (SELECT count(*) FROM endpoints WHERE status = 'paused'), (SELECT count(*) FROM endpoint_health WHERE failing_since IS NOT NULL)
            """)
        guard let row = rows.first else { return Endpoints() }
        var endpoints = Endpoints()
        (endpoints.open, endpoints.disabled) = (try row.int64(0), try row.int64(1))
        (endpoints.paused, endpoints.failing) = (try row.int64(2), try row.int64(3))
        return endpoints
    }
}
