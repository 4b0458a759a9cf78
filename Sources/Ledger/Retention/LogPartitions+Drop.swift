import Postgres
import Primitives

extension LogPartitions {
    /// Drops the days of the log that ended longer ago than `age`, each in a transaction of its own that counts its attempts and moves the
    /// horizon; no row is deleted one by one. A day that somebody reads at the moment is left for the next time.
    package func drop(olderThan age: Duration, term: LeaderTerm) async throws {
        let rows = try await pool.query(
            """
            SELECT relname::text, day_end FROM (
                SELECT c.relname, ((to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'utc') AS day_end
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'integration_log'::regclass AND c.relname ~ '^integration_log_[0-9]{8}$') days
            WHERE day_end <= now() - $1 * interval '1 microsecond' ORDER BY day_end
            """,
            [.int64(age.microseconds)])
        for row in rows {
            try await remove(try row.text(0), until: try row.timestamp(1), by: "DROP TABLE", term: term)
        }
        try await emptyDefault(olderThan: age, term: term)
    }

    /// Rows that came before their day's partition lie in the default one; it is emptied at once when all of them are old.
    private func emptyDefault(olderThan age: Duration, term: LeaderTerm) async throws {
        let rows = try await pool.query("SELECT max(at), max(at) <= now() - $1 * interval '1 microsecond' FROM integration_log_default", [.int64(age.microseconds)])
        guard let row = rows.first, let last = try row.optionalTimestamp(0), try row.bool(1) else { return }
        try await remove("integration_log_default", until: last + 1, by: "TRUNCATE", term: term)
    }

    private func remove(_ table: String, until end: Int64, by verb: String, term: LeaderTerm) async throws {
        try await pool.withTransaction { connection in
            let leads = try await connection.query(
                "SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters)
            guard !leads.isEmpty else { throw LedgerError.termLost }
            // Whoever waits for this lock has all writers of the log waiting behind him.
            _ = try await connection.query("SET LOCAL lock_timeout = '500ms'")
            _ = try await connection.query("LOCK TABLE \(table) IN EXCLUSIVE MODE")
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
        }
    }
}
