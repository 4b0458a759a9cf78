package import Postgres
import Primitives

/// The integration log's partitions, one a day (UTC), made ahead of time.
package struct LogPartitions: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    var days: DayPartitions { DayPartitions(pool: pool, table: "integration_log") }

    package func ensure(daysAhead: Int = 7) async throws { try await days.ensure(daysAhead: daysAhead) }
}
