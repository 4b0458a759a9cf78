package import Postgres
package import Primitives

/// What operators set for single lanes. Whoever writes tells the index next; the leader does so again, for a writer that died in between.
package struct LaneSettingsTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    static let columns = """
        lane, interval_us, burst, concurrency, strict, \(Self.remaining("parked_until")), parked_reason, parked_by, parked_cause
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
        return try rows.map { (try $0.text(9), try Self.row($0)) }
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
        try await pool.withTransaction { connection in
            var limits = limits
            // Its order is the endpoint's to say.
            if try await Self.isOrdered(place, on: connection) { limits.isStrict = true }
            let rows = try await connection.query(
                """
                INSERT INTO lanes (queue, lane, workspace_id, interval_us, burst, concurrency, strict) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (queue, lane) DO UPDATE SET
                    interval_us = $4, burst = $5, concurrency = $6, strict = $7, workspace_id = excluded.workspace_id, updated_at = now()
                RETURNING \(Self.columns)
                """,
                [
                    .text(place.queue), .text(place.lane), .id(place.workspace.value), limits.interval.map { .int64($0) } ?? .null,
                    limits.burst.map { .int32($0) } ?? .null, limits.concurrency.map { .int32($0) } ?? .null, limits.isStrict.map { .bool($0) } ?? .null,
                ])
            guard let row = rows.first else { throw LedgerError.changedMeanwhile }
            try await OperatorActionTable.record(workspace: place.workspace, actor: actor, action: "lanes.limits", on: connection)
            return try Self.row(row)
        }
    }

    /// The lane runs nothing for so long; nil: until it is un-parked. Jobs wait without spending an attempt.
    @discardableResult
    package func park(_ place: LanePlace, microseconds: Int64?, reason: String, actor: String) async throws -> LaneSettings {
        try await pool.withTransaction { connection in
            let settings = try await LaneHoldTable.hold(
                place, LaneHoldTable.Order(.operator, microseconds: microseconds, reason: reason, by: actor), on: connection)
            try await OperatorActionTable.record(workspace: place.workspace, actor: actor, action: "lanes.pause", on: connection)
            return settings
        }
    }

    /// Ends an operator's pause, or what else is named. What holds the lane beside it goes on holding it.
    @discardableResult
    package func unpark(_ place: LanePlace, _ cause: LaneHold.Cause = .operator, actor: String) async throws -> LaneSettings {
        try await pool.withTransaction { connection in
            let settings = try await LaneHoldTable.release(place, [cause], on: connection)
            try await OperatorActionTable.record(workspace: place.workspace, actor: actor, action: "lanes.resume", on: connection)
            return settings
        }
    }

    static func row(_ row: PostgresRow) throws -> LaneSettings {
        LaneSettings(
            lane: try row.text(0),
            limits: LaneLimits(
                interval: try row.optionalInt64(1), burst: try row.optionalInt32(2), concurrency: try row.optionalInt32(3),
                isStrict: try row.optionalBool(4)),
            parked: try row.int64(5), parkedReason: try row.optionalText(6), parkedBy: try row.optionalText(7),
            parkedCause: try row.optionalText(8))
    }
}
