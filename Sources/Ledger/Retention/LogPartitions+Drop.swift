import Postgres
import Primitives

extension LogPartitions {
    /// Drops the days of the log that ended longer ago than `age`, each in a transaction of its own that counts its attempts and moves the
    /// horizon; no row is deleted one by one. A day that somebody reads at the moment is left for the next time.
    package func drop(olderThan age: Duration, term: LeaderTerm) async throws {
        for (name, end) in try await days.over(by: age) { try await remove(name, until: end, by: "DROP TABLE", term: term) }
        try await emptyDefault(olderThan: age, term: term)
    }

    /// Rows that came before their day's partition lie in the default one; it is emptied at once when all of them are old.
    private func emptyDefault(olderThan age: Duration, term: LeaderTerm) async throws {
        guard let end = try await days.endOfDefault(olderThan: age) else { return }
        try await remove("integration_log_default", until: end, by: "TRUNCATE", term: term)
    }

    private func remove(_ table: String, until end: Int64, by verb: String, term: LeaderTerm) async throws {
        try await pool.withTransaction { connection in
            try await DayPartitions.lock(table, term: term, on: connection)
            let young = try await connection.query("SELECT 1 FROM \(table) WHERE at >= $1 LIMIT 1", [.timestamp(microsecondsSince1970: end)])
            guard young.isEmpty else { return }
            _ = try await connection.query(
                """
                UPDATE ledger_counters SET pruned_attempts = pruned_attempts
                    + (SELECT count(*) FROM \(table) WHERE type = 'attempt' AND job_id IS NOT NULL) WHERE slot = $1
                """, [.int16(CounterSlot.any().number)])
            _ = try await connection.query(
                "UPDATE log_horizon SET kept_from = greatest(kept_from, $1)", [.timestamp(microsecondsSince1970: end)])
            _ = try await connection.query("\(verb) \(table)")
            _ = try await connection.query("DELETE FROM log_days_without_bodies WHERE day = $1", [.text(table)])
        }
    }
}
