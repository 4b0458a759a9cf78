package import Postgres
import Primitives

/// Holds of lanes, by cause. Each change leaves in `lanes` what comes of all holds, the latest, and returns it for the index; whoever changes tells the
/// index next, and the leader does so again.
///
/// The lane's row is locked first: of two causes that come at once neither overlooks the other. Several lanes of one transaction are held in the
/// order of their names.
package struct LaneHoldTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package struct Order: Sendable {
        package var cause: LaneHold.Cause
        /// Nil: until it is released.
        package var microseconds: Int64?
        package var reason: String
        package var by: String
        /// A hold of the same cause that lasts longer stays as it is.
        package var extends: Bool

        package init(_ cause: LaneHold.Cause, microseconds: Int64?, reason: String, by: String, extends: Bool = false) {
            self.cause = cause
            self.microseconds = microseconds
            self.reason = reason
            self.by = by
            self.extends = extends
        }
    }

    package func hold(_ place: LanePlace, _ order: Order) async throws -> LaneSettings {
        try await pool.withTransaction { try await Self.hold(place, order, on: $0) }
    }

    package func release(_ place: LanePlace, _ causes: [LaneHold.Cause]) async throws -> LaneSettings {
        try await pool.withTransaction { try await Self.release(place, causes, on: $0) }
    }

    package static func hold(_ place: LanePlace, _ order: Order, on connection: PostgresConnection) async throws -> LaneSettings {
        try await lock(place, on: connection)
        let rows = try await connection.query(
            """
            WITH held AS (
                INSERT INTO lane_holds AS h (queue, lane, cause, workspace_id, until, reason, held_by)
                VALUES ($1, $2, $3, $4, coalesce(now() + $5::int8 * interval '1 microsecond', 'infinity'), $6, $7)
                ON CONFLICT (queue, lane, cause) DO UPDATE SET
                    until = CASE WHEN $8 THEN greatest(h.until, excluded.until) ELSE excluded.until END,
                    reason = CASE WHEN $8 AND h.until > excluded.until THEN h.reason ELSE excluded.reason END, held_by = excluded.held_by,
                    created_at = CASE WHEN h.until > now() THEN h.created_at ELSE now() END
                RETURNING until, cause, reason, held_by),
            latest AS (
                SELECT * FROM held UNION ALL
                SELECT until, cause, reason, held_by FROM lane_holds WHERE queue = $1 AND lane = $2 AND cause <> $3 AND until > now()
                ORDER BY until DESC, cause LIMIT 1)
            \(settling)
            """,
            [
                .text(place.queue), .text(place.lane), .text(order.cause.rawValue), .id(place.workspace.value),
                order.microseconds.map { .int64($0) } ?? .null, .text(order.reason), .text(order.by), .bool(order.extends),
            ])
        return try settings(rows)
    }

    package static func release(_ place: LanePlace, _ causes: [LaneHold.Cause], on connection: PostgresConnection) async throws -> LaneSettings {
        try await lock(place, on: connection)
        // What is over goes with what is released.
        let rows = try await connection.query(
            """
            WITH gone AS (DELETE FROM lane_holds WHERE queue = $1 AND lane = $2 AND (cause = ANY($3::text[]) OR until <= now())),
            latest AS (
                SELECT until, cause, reason, held_by FROM lane_holds
                WHERE queue = $1 AND lane = $2 AND cause <> ALL($3::text[]) AND until > now() ORDER BY until DESC, cause LIMIT 1)
            \(settling)
            """,
            [.text(place.queue), .text(place.lane), .texts(causes.map(\.rawValue))])
        return try settings(rows)
    }

    /// The holds in force of each of the lanes, the latest first.
    package func holds(of lanes: [String], queue: String) async throws -> [String: [LaneHold]] {
        let rows = try await pool.query(
            """
            SELECT lane, cause, \(LaneSettingsTable.remaining("until")), reason, held_by, created_at FROM lane_holds
            WHERE queue = $1 AND lane = ANY($2::text[]) AND until > now() ORDER BY lane, until DESC, cause
            """, [.text(queue), .texts(lanes)])
        var holds: [String: [LaneHold]] = [:]
        for row in rows {
            guard let cause = LaneHold.Cause(rawValue: try row.text(1)) else { continue }
            holds[try row.text(0), default: []].append(
                LaneHold(cause: cause, remaining: try row.int64(2), reason: try row.text(3), by: try row.text(4), since: try row.timestamp(5)))
        }
        return holds
    }

    /// Lanes that are held for something that has gone without a word, as a hold does with its endpoint, are let go.
    /// - Parameter queue: whose lanes are endpoints.
    /// - Returns: what counts for them now, for the index.
    package func releaseOrphans(of queue: String, limit: Int) async throws -> [LaneSettings] {
        let causes: [LaneHold.Cause] = [.throttle, .circuit, .disabled, .paused, .operator]
        let rows = try await pool.query(
            """
            SELECT lane, workspace_id FROM lanes
            WHERE queue = $1 AND parked_cause = ANY($2::text[]) AND parked_until > now() AND workspace_id IS NOT NULL ORDER BY lane
            """,
            [.text(queue), .texts(causes.map(\.rawValue))])
        let held = try rows.compactMap { row in try EndpointID(row.text(0)).map { ($0, WorkspaceID(try row.id(1))) } }
        guard !held.isEmpty else { return [] }
        let known = Set(try await pool.query("SELECT id FROM endpoints WHERE id = ANY($1::uuid[])", [.ids(held.map(\.0.value))]).map { try $0.id(0) })
        var released: [LaneSettings] = []
        for (endpoint, workspace) in held.filter({ !known.contains($0.0.value) }).prefix(limit) {
            released.append(try await release(LanePlace(queue: queue, lane: endpoint.description, workspace: workspace), causes))
        }
        return released
    }

    private static func lock(_ place: LanePlace, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            INSERT INTO lanes (queue, lane, workspace_id) VALUES ($1, $2, $3)
            ON CONFLICT (queue, lane) DO UPDATE SET workspace_id = excluded.workspace_id
            """, [.text(place.queue), .text(place.lane), .id(place.workspace.value)])
    }

    private static let settling = """
        UPDATE lanes l SET parked_until = h.until, parked_reason = h.reason, parked_by = h.held_by, parked_cause = h.cause, updated_at = now()
        FROM (SELECT 1) one LEFT JOIN latest h ON true WHERE l.queue = $1 AND l.lane = $2 RETURNING \(LaneSettingsTable.columns)
        """

    private static func settings(_ rows: PostgresRows) throws -> LaneSettings {
        guard let row = rows.first else { throw LedgerError.changedMeanwhile }
        return try LaneSettingsTable.row(row)
    }
}
