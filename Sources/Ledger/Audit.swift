package import Postgres

/// The books (law 2), read at one instant: rows on one side, the counters of the accepting and settling transactions on the other.
package struct Audit: Sendable {
    package struct Books: Sendable, Equatable, Codable {
        package var accepted: Int64
        package var succeeded: Int64
        package var dead: Int64
        package var cancelled: Int64
        package var pending: Int64
        /// Attempts that ended, counted when they were settled.
        package var attempts: Int64
        /// Of these, what retention has removed.
        package var prunedSucceeded: Int64
        package var prunedDead: Int64
        package var prunedCancelled: Int64
        package var prunedAttempts: Int64
        /// The same from the rows.
        package var succeededRows: Int64
        package var deadRows: Int64
        package var cancelledRows: Int64
        package var attemptRows: Int64
        /// Jobs that ended in an attempt of which the log has no line, since the oldest day that the log keeps.
        package var unloggedEndings: Int64
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func books() async throws -> Books {
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            // A partition that is dropped in between would be missed in one of the reads and not in the other. Takes no snapshot yet.
            _ = try await connection.query("LOCK TABLE integration_log IN ACCESS SHARE MODE")
            let counters = try await connection.query(
                """
                SELECT sum(accepted)::int8, sum(succeeded)::int8, sum(dead)::int8, sum(cancelled)::int8, sum(attempts)::int8,
                    sum(pruned_succeeded)::int8, sum(pruned_dead)::int8, sum(pruned_cancelled)::int8, sum(pruned_attempts)::int8
                FROM ledger_counters
                """)
            let rows = try await connection.query(
                """
                SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'succeeded'),
                    count(*) FILTER (WHERE state = 'dead'), count(*) FILTER (WHERE state = 'cancelled') FROM jobs
                """)
            // Every attempt has its job, and an index of the lines that have one passes by all requests.
            let attempts = try await connection.query("SELECT count(*) FROM integration_log WHERE type = 'attempt' AND job_id IS NOT NULL")
            let unlogged = try await connection.query(
                """
                SELECT count(*) FROM jobs j WHERE state IN ('succeeded', 'dead')
                AND settled_at >= (SELECT kept_from FROM log_horizon) AND NOT EXISTS (
                    SELECT 1 FROM integration_log l WHERE l.job_id = j.id AND l.type = 'attempt' AND l.attempt = j.attempt)
                """)
            guard let counter = counters.first, let row = rows.first, let attempt = attempts.first, let missing = unlogged.first else {
                throw LedgerError.changedMeanwhile
            }
            return Books(
                accepted: try counter.int64(0), succeeded: try counter.int64(1), dead: try counter.int64(2), cancelled: try counter.int64(3),
                pending: try row.int64(0), attempts: try counter.int64(4), prunedSucceeded: try counter.int64(5),
                prunedDead: try counter.int64(6), prunedCancelled: try counter.int64(7), prunedAttempts: try counter.int64(8), succeededRows: try row.int64(1), deadRows: try row.int64(2),
                cancelledRows: try row.int64(3), attemptRows: try attempt.int64(0), unloggedEndings: try missing.int64(0))
        }
    }
}

extension Audit.Books {
    /// What does not balance, one line each; empty when everything does.
    package var differences: [String] {
        var lines: [String] = []
        func check(_ what: String, _ left: Int64, _ right: Int64) {
            if left != right { lines.append("\(what): \(left) against \(right) (difference \(left - right))") }
        }
        check("accepted = succeeded + dead + cancelled + pending", accepted, succeeded + dead + cancelled + pending)
        check("succeeded, counted and rows", succeeded, succeededRows + prunedSucceeded)
        check("dead, counted and rows", dead, deadRows + prunedDead)
        check("cancelled, counted and rows", cancelled, cancelledRows + prunedCancelled)
        check("attempts, counted and logged", attempts, attemptRows + prunedAttempts)
        check("endings without a log line", unloggedEndings, 0)
        return lines
    }
}
