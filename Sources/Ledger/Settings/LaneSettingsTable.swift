package import Postgres
package import Primitives

/// What operators set for single lanes. Whoever writes tells the index next; the leader does so again, for a writer that died in between.
package struct LaneSettingsTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let columns = """
        lane, interval_us, burst, concurrency, strict, \(Self.remaining("parked_until")), parked_reason, parked_by
        """

    /// Microseconds until a time by the ledger's clock: 0 when there is none or it has passed, -1 for infinity.
    static func remaining(_ column: String) -> String {
        """
        (CASE WHEN \(column) IS NULL THEN 0 WHEN \(column) = 'infinity' THEN -1
            ELSE greatest(0, extract(epoch FROM \(column) - now()) * 1000000) END)::int8
        """
    }

    package func all(of queue: String) async throws -> [LaneSettings] {
        try await pool.query("SELECT \(Self.columns) FROM lanes WHERE queue = $1 ORDER BY lane", [.text(queue)]).map(Self.row)
    }

    /// Those that were changed within the last microseconds, by queue.
    package func changed(within microseconds: Int64) async throws -> [(queue: String, settings: LaneSettings)] {
        let rows = try await pool.query(
            "SELECT \(Self.columns), queue FROM lanes WHERE updated_at > now() - $1 * interval '1 microsecond' ORDER BY queue, lane",
            [.int64(microseconds)])
        return try rows.map { (try $0.text(8), try Self.row($0)) }
    }

    package func find(_ place: LanePlace) async throws -> LaneSettings? {
        try await pool.query("SELECT \(Self.columns) FROM lanes WHERE queue = $1 AND lane = $2", [.text(place.queue), .text(place.lane)]).first.map(Self.row)
    }

    /// A workspace's lanes of a queue that have settings, in order, after the given one.
    package func list(of queue: String, workspace: WorkspaceID, after last: String = "", limit: Int) async throws -> [LaneSettings] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM lanes WHERE workspace_id = $1 AND queue = $2 AND lane > $3
            ORDER BY workspace_id, queue, lane LIMIT $4
            """,
            [.id(workspace.value), .text(queue), .text(last), .int64(Int64(limit))])
        return try rows.map(Self.row)
    }

    /// Replaces the lane's own limits.
    @discardableResult
    package func setLimits(_ limits: LaneLimits, of place: LanePlace, actor: String) async throws -> LaneSettings {
        try await write(
            place, actor: actor, action: "lanes.limits",
            "interval_us = $4, burst = $5, concurrency = $6, strict = $7", insert: "interval_us, burst, concurrency, strict", values: "$4, $5, $6, $7",
            [
                limits.interval.map { .int64($0) } ?? .null, limits.burst.map { .int32($0) } ?? .null,
                limits.concurrency.map { .int32($0) } ?? .null, limits.isStrict.map { .bool($0) } ?? .null,
            ])
    }

    /// The lane runs nothing for so long; nil: until it is un-parked. Jobs wait without spending an attempt.
    @discardableResult
    package func park(_ place: LanePlace, microseconds: Int64?, reason: String, actor: String) async throws -> LaneSettings {
        try await write(
            place, actor: actor, action: "lanes.pause",
            "parked_until = excluded.parked_until, parked_reason = $5, parked_by = $6", insert: "parked_until, parked_reason, parked_by",
            values: "coalesce(now() + $4::int8 * interval '1 microsecond', 'infinity'), $5, $6",
            [microseconds.map { .int64($0) } ?? .null, .text(reason), .text(actor)])
    }

    @discardableResult
    package func unpark(_ place: LanePlace, actor: String) async throws -> LaneSettings {
        try await write(
            place, actor: actor, action: "lanes.resume", "parked_until = NULL, parked_reason = NULL, parked_by = NULL",
            insert: "parked_until", values: "NULL", [])
    }

    /// Lane and operator's record in one statement.
    private func write(
        _ place: LanePlace, actor: String, action: String, _ change: String, insert columns: String, values: String, _ parameters: [PostgresValue]
    ) async throws -> LaneSettings {
        let rows = try await pool.query(
            """
            WITH changed AS (
                INSERT INTO lanes (queue, lane, workspace_id, \(columns)) VALUES ($1, $2, $3, \(values))
                ON CONFLICT (queue, lane) DO UPDATE SET \(change), workspace_id = excluded.workspace_id, updated_at = now()
                RETURNING *),
            acted AS (
                INSERT INTO operator_actions (workspace_id, actor, action, job_ids) SELECT $3, $\(parameters.count + 4), $\(parameters.count + 5), '{}')
            SELECT \(Self.columns) FROM changed
            """,
            [.text(place.queue), .text(place.lane), .id(place.workspace.value)] + parameters + [.text(actor), .text(action)])
        guard let row = rows.first else { throw LedgerError.changedMeanwhile }
        return try Self.row(row)
    }

    private static func row(_ row: PostgresRow) throws -> LaneSettings {
        LaneSettings(
            lane: try row.text(0),
            limits: LaneLimits(
                interval: try row.optionalInt64(1), burst: try row.optionalInt32(2), concurrency: try row.optionalInt32(3),
                isStrict: try row.optionalBool(4)),
            parked: try row.int64(5), parkedReason: try row.optionalText(6), parkedBy: try row.optionalText(7))
    }
}
