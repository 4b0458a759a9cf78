package import Postgres
import Primitives

/// The integration log's partitions, one a day (UTC), made ahead of time.
package struct LogPartitions: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Makes the partitions of the coming days that are not there yet. Rows that already lie in the default partition stay there:
    /// such a day is skipped.
    package func ensure(daysAhead: Int = 7) async throws {
        for day in 0...daysAhead {
            let rows = try await pool.query(
                "SELECT to_char(d, 'YYYYMMDD'), to_char(d, 'YYYY-MM-DD'), to_char(d + 1, 'YYYY-MM-DD') FROM (SELECT (now() AT TIME ZONE 'utc')::date + $1::int AS d) t",
                [.int32(Int32(day))])
            guard let row = rows.first else { continue }
            let (name, from, to) = (try row.text(0), try row.text(1), try row.text(2))
            let statement = """
                CREATE TABLE IF NOT EXISTS integration_log_\(name) PARTITION OF integration_log
                FOR VALUES FROM ('\(from) 00:00:00+00') TO ('\(to) 00:00:00+00')
                """
            do {
                _ = try await pool.query(statement)
            } catch {
                guard error.sqlState == Self.rowsInDefault else { throw error }
            }
        }
    }

    /// check_violation: the default partition has rows of that day.
    private static let rowsInDefault = "23514"
}
