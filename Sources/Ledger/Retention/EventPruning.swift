package import Postgres
import Primitives

/// Removes events that are old enough, with their deliveries. It walks them by id, that is by age, and stops at the first page that is too young. An event of
/// which a job is left stays for as long as that does.
///
/// A delivery stays as long as its event, though its job may be gone: it says that the endpoint had the event.
package struct EventPruning: Sendable {
    private let pool: PostgresPool
    private let retention: Retention
    private static let perPage: Int64 = 1000

    package init(pool: PostgresPool, retention: Retention) {
        self.pool = pool
        self.retention = retention
    }

    /// One walk; rests after each page for three times as long as it took.
    /// - Returns: how many events were removed.
    @discardableResult
    package func run(term: LeaderTerm) async throws -> Int {
        var (last, removed): (Identifier?, Int) = (nil, 0)
        while true {
            let begun = ContinuousClock.now
            let rows = try await pool.withTransaction { connection in
                try await connection.query(
                    Self.statement, [last.map { .id($0) } ?? .null, .int64(Self.perPage), .int64(retention.events.microseconds)] + term.parameters)
            }
            guard let row = rows.first else { return removed }
            removed += Int(try row.int64(1))
            guard try row.int64(2) == Self.perPage, try row.bool(3) else { return removed }
            last = try row.id(0)
            try await Task.sleep(for: (ContinuousClock.now - begun) * 3)
        }
    }

    private static let statement = """
        WITH page AS MATERIALIZED (SELECT id, created_at FROM events WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2),
        old AS (
            SELECT id FROM page p WHERE created_at <= now() - $3::int8 * interval '1 microsecond'
            AND EXISTS (SELECT 1 FROM leaders WHERE name = $4 AND holder = $5 AND term = $6 AND expires_at > now())
            AND NOT EXISTS (SELECT 1 FROM deliveries d JOIN jobs j ON j.id = d.id WHERE d.event_id = p.id)),
        removed AS (DELETE FROM events WHERE id IN (SELECT id FROM old) RETURNING id),
        delivered AS (DELETE FROM deliveries WHERE event_id IN (SELECT id FROM old))
        SELECT id, (SELECT count(*) FROM removed), (SELECT count(*) FROM page), created_at <= now() - $3::int8 * interval '1 microsecond'
        FROM page ORDER BY id DESC LIMIT 1
        """
}
