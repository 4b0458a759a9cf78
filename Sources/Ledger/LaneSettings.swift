package import Postgres

/// Limits and parking of a lane as the ledger keeps them.
package struct LaneSettings: Sendable, Equatable {
    package var lane: String
    /// Microseconds between two jobs; 0 for no rate.
    package var interval: Int64
    /// Jobs that may start together when the lane has been idle; at least 1.
    package var burst: Int32
    /// Jobs that may run at once; 0 for no limit.
    package var concurrency: Int32
    /// 0: not parked; -1: until un-parked; else microseconds from now.
    package var parked: Int64

    package init(lane: String, interval: Int64 = 0, burst: Int32 = 1, concurrency: Int32 = 0, parked: Int64 = 0) {
        self.lane = lane
        self.interval = interval
        self.burst = burst
        self.concurrency = concurrency
        self.parked = parked
    }
}

package struct LaneSettingsTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func all(of queue: String) async throws -> [LaneSettings] {
        let rows = try await pool.query(
            """
            SELECT lane, interval_us, burst, concurrency,
                CASE WHEN parked_until IS NULL THEN 0 WHEN parked_until = 'infinity' THEN -1
                    ELSE greatest(0, extract(epoch FROM parked_until - now()) * 1000000)::int8 END
            FROM lanes WHERE queue = $1 ORDER BY lane
            """, [.text(queue)])
        return try rows.map {
            LaneSettings(
                lane: try $0.text(0), interval: try $0.int64(1), burst: try $0.int32(2), concurrency: try $0.int32(3), parked: try $0.int64(4))
        }
    }

    package func save(_ settings: LaneSettings, of queue: String, parkedReason: String? = nil) async throws {
        _ = try await pool.query(
            """
            INSERT INTO lanes (queue, lane, interval_us, burst, concurrency, parked_until, parked_reason)
            VALUES ($1, $2, $3, $4, $5,
                CASE WHEN $6 = 0 THEN NULL WHEN $6 < 0 THEN 'infinity'::timestamptz ELSE now() + $6 * interval '1 microsecond' END, $7)
            ON CONFLICT (queue, lane) DO UPDATE SET interval_us = excluded.interval_us, burst = excluded.burst, concurrency = excluded.concurrency,
                parked_until = excluded.parked_until, parked_reason = excluded.parked_reason, updated_at = now()
            """,
            [
                .text(queue), .text(settings.lane), .int64(settings.interval), .int32(settings.burst), .int32(settings.concurrency),
                .int64(settings.parked), parkedReason.map { .text($0) } ?? .null,
            ])
    }
}
