package import Postgres
package import Primitives

/// What operators set for queues. A queue without a row has the defaults.
package struct QueueSettingsTable: Sendable {
    /// What of a queue is changed; nil leaves it as it is.
    package struct Change: Sendable {
        package var weight: Int32?
        package var priority: Int32?
        package var concurrency: Int32?
        package var processConcurrency: Int32?
        package var interval: Int64?
        package var burst: Int32?
        package var laneConcurrency: Int32?
        package var isStrict: Bool?

        package init() {}
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let columns = """
        queue, weight, priority, concurrency, process_concurrency, \(LaneSettingsTable.remaining("paused_until")), paused_reason, paused_by, draining,
        lane_interval_us, lane_burst, lane_concurrency, lane_strict
        """

    /// By queue; those that were never changed are not among them.
    package func all() async throws -> [String: QueueSettings] {
        let rows = try await pool.query("SELECT \(Self.columns) FROM queues").map(Self.row)
        return Dictionary(rows.map { ($0.queue, $0) }, uniquingKeysWith: { $1 })
    }

    package func find(_ queue: String) async throws -> QueueSettings { try await all()[queue] ?? QueueSettings(queue: queue) }

    package func changed(within microseconds: Int64) async throws -> [QueueSettings] {
        try await pool.query(
            "SELECT \(Self.columns) FROM queues WHERE updated_at > now() - $1 * interval '1 microsecond' ORDER BY queue", [.int64(microseconds)]
        ).map(Self.row)
    }

    package func change(_ change: Change, of queue: String, workspace: WorkspaceID, actor: String) async throws -> QueueSettings {
        try await write(
            queue, workspace: workspace, actor: actor, action: "queues.change",
            """
            weight = coalesce($2, q.weight), priority = coalesce($3, q.priority), concurrency = coalesce($4, q.concurrency),
            process_concurrency = coalesce($5, q.process_concurrency), lane_interval_us = coalesce($6, q.lane_interval_us),
            lane_burst = coalesce($7, q.lane_burst), lane_concurrency = coalesce($8, q.lane_concurrency), lane_strict = coalesce($9, q.lane_strict)
            """,
            [
                Self.optional(change.weight), Self.optional(change.priority), Self.optional(change.concurrency), Self.optional(change.processConcurrency),
                change.interval.map { .int64($0) } ?? .null, Self.optional(change.burst), Self.optional(change.laneConcurrency),
                change.isStrict.map { .bool($0) } ?? .null,
            ])
    }

    /// Nothing of the queue is started for so long; nil: until it is resumed.
    package func pause(_ queue: String, microseconds: Int64?, reason: String, workspace: WorkspaceID, actor: String) async throws -> QueueSettings {
        try await write(
            queue, workspace: workspace, actor: actor, action: "queues.pause",
            "paused_until = coalesce(now() + $2::int8 * interval '1 microsecond', 'infinity'), paused_reason = $3, paused_by = $4",
            [microseconds.map { .int64($0) } ?? .null, .text(reason), .text(actor)])
    }

    package func resume(_ queue: String, workspace: WorkspaceID, actor: String) async throws -> QueueSettings {
        try await write(
            queue, workspace: workspace, actor: actor, action: "queues.resume", "paused_until = NULL, paused_reason = NULL, paused_by = NULL", [])
    }

    package func drain(_ queue: String, _ isDraining: Bool, workspace: WorkspaceID, actor: String) async throws -> QueueSettings {
        try await write(
            queue, workspace: workspace, actor: actor, action: isDraining ? "queues.drain" : "queues.fill", "draining = $2", [.bool(isDraining)])
    }

    /// Queue and operator's record in one transaction.
    private func write(
        _ queue: String, workspace: WorkspaceID, actor: String, action: String, _ change: String, _ parameters: [PostgresValue]
    ) async throws -> QueueSettings {
        let statement = "UPDATE queues q SET \(change), updated_at = now() WHERE queue = $1 RETURNING \(Self.columns)"
        return try await pool.withTransaction { connection in
            _ = try await connection.query("INSERT INTO queues (queue) VALUES ($1) ON CONFLICT (queue) DO NOTHING", [.text(queue)])
            let rows = try await connection.query(statement, [.text(queue)] + parameters)
            _ = try await connection.query(
                "INSERT INTO operator_actions (workspace_id, actor, action, job_ids) VALUES ($1, $2, $3, '{}')",
                [.id(workspace.value), .text(actor), .text(action)])
            guard let row = rows.first else { throw LedgerError.changedMeanwhile }
            return try Self.row(row)
        }
    }

    private static func optional(_ number: Int32?) -> PostgresValue { number.map { .int32($0) } ?? .null }

    private static func row(_ row: PostgresRow) throws -> QueueSettings {
        QueueSettings(
            queue: try row.text(0), weight: try row.int32(1), priority: try row.int32(2), concurrency: try row.int32(3),
            processConcurrency: try row.int32(4), paused: try row.int64(5), pausedReason: try row.optionalText(6), pausedBy: try row.optionalText(7),
            isDraining: try row.bool(8),
            laneDefaults: LaneDefaults(
                interval: try row.int64(9), burst: try row.int32(10), concurrency: try row.int32(11), isStrict: try row.bool(12)))
    }
}
