package import Postgres
import Primitives

/// Limits of lanes that are endpoints': their owners set them with the rest of the endpoint.
extension LaneSettingsTable {
    /// Lanes that have limits of their own.
    package static func limits(of lanes: [String], queue: String, on pool: PostgresPool) async throws -> [String: LaneLimits] {
        guard !lanes.isEmpty else { return [:] }
        return try read(try await pool.query(limits, [.text(queue), .texts(lanes)]))
    }

    package static func limits(of place: LanePlace, on connection: PostgresConnection) async throws -> LaneLimits {
        try read(try await connection.query(limits, [.text(place.queue), .texts([place.lane])]))[place.lane] ?? LaneLimits()
    }

    /// In the endpoint's transaction. The index is told after the commit.
    package static func set(_ limits: LaneLimits, of place: LanePlace, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            INSERT INTO lanes (queue, lane, workspace_id, interval_us, burst, concurrency, strict)
            VALUES ($1, $2, $3, $4::int8, $5::int4, $6::int4, $7::bool)
            ON CONFLICT (queue, lane) DO UPDATE SET interval_us = $4::int8, burst = $5::int4, concurrency = $6::int4, strict = $7::bool,
                workspace_id = excluded.workspace_id, updated_at = now()
            """,
            [
                .text(place.queue), .text(place.lane), .id(place.workspace.value), limits.interval.map { .int64($0) } ?? .null,
                limits.burst.map { .int32($0) } ?? .null, limits.concurrency.map { .int32($0) } ?? .null, limits.isStrict.map { .bool($0) } ?? .null,
            ])
    }

    /// Whether the lane is an endpoint's that wants its deliveries in order. The endpoint has another version then, since it shows its lane's limits.
    /// In the order of all who lock both: the endpoint first.
    static func isOrdered(_ place: LanePlace, on connection: PostgresConnection) async throws -> Bool {
        guard let endpoint = EndpointID(place.lane) else { return false }
        let rows = try await connection.query(
            "UPDATE endpoints SET version = version + 1, updated_at = now() WHERE id = $1 AND workspace_id = $2 RETURNING delivery_order = 'fifo'",
            [.id(endpoint.value), .id(place.workspace.value)])
        return try rows.first?.bool(0) ?? false
    }

    private static let limits = "SELECT lane, interval_us, burst, concurrency, strict FROM lanes WHERE queue = $1 AND lane = ANY($2)"

    private static func read(_ rows: PostgresRows) throws -> [String: LaneLimits] {
        var found: [String: LaneLimits] = [:]
        for row in rows {
            found[try row.text(0)] = LaneLimits(
                interval: try row.optionalInt64(1), burst: try row.optionalInt32(2), concurrency: try row.optionalInt32(3),
                isStrict: try row.optionalBool(4))
        }
        return found
    }
}
