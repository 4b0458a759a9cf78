package import Postgres
import Primitives

/// The bodies of events, apart from the events: a day's bodies lie in one partition, which is dropped when they are old (decision 55).
package struct EventBodies: Sendable {
    /// Of the event `e`, for statements that read it; null when it is not kept any more.
    static let body = "coalesce(e.body, (SELECT b.body FROM event_bodies b WHERE b.event_id = e.id AND b.at = e.created_at LIMIT 1))"

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private var days: DayPartitions { DayPartitions(pool: pool, table: "event_bodies") }

    package func ensure(daysAhead: Int = 7) async throws { try await days.ensure(daysAhead: daysAhead) }

    /// Drops the days that ended longer ago than `age`. A day that somebody reads at the moment is left for the next time.
    package func drop(olderThan age: Duration, term: LeaderTerm) async throws {
        for (name, _) in try await days.over(by: age) {
            try await pool.withTransaction { connection in
                try await DayPartitions.lock(name, term: term, on: connection)
                _ = try await connection.query("DROP TABLE \(name)")
            }
        }
        guard let end = try await days.endOfDefault(olderThan: age) else { return }
        try await pool.withTransaction { connection in
            try await DayPartitions.lock("event_bodies_default", term: term, on: connection)
            let young = try await connection.query("SELECT 1 FROM event_bodies_default WHERE at >= $1 LIMIT 1", [.timestamp(microsecondsSince1970: end)])
            if young.isEmpty { _ = try await connection.query("TRUNCATE event_bodies_default") }
        }
    }
}
