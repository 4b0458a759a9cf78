package import Postgres
import Primitives

/// Removes jobs that ended long enough ago, with what belongs to them, and counts them in the same statement.
///
/// It walks the rows by id, that is by age, and stops at the first page that is too young: no index on the time of ending has to be kept for
/// every job. Old rows that may not go yet, such as dead letters, are walked past. A delivery stays as long as its event (`EventPruning`).
///
/// A job is its payload: none outlives the time that payloads are kept.
package struct JobPruning: Sendable {
    private let pool: PostgresPool
    private let retention: Retention
    private static let perPage: Int64 = 2000

    package init(pool: PostgresPool, retention: Retention) {
        self.pool = pool
        self.retention = retention
    }

    /// One walk; rests after each page for three times as long as it took.
    /// - Returns: how many were removed.
    @discardableResult
    package func run(term: LeaderTerm) async throws -> Int {
        var last: Identifier?
        var removed = 0
        while true {
            let begun = ContinuousClock.now
            guard let page = try await prune(after: last, term: term) else { return removed }
            removed += page.removed
            guard page.goesOn else { return removed }
            last = page.last
            try await Task.sleep(for: (ContinuousClock.now - begun) * 3)
        }
    }

    private func prune(after last: Identifier?, term: LeaderTerm) async throws -> (last: Identifier, removed: Int, goesOn: Bool)? {
        let rows = try await pool.withTransaction { connection in
            try await connection.query(
                Self.statement,
                [
                    last.map { .id($0) } ?? .null, .int64(Self.perPage), .int64(min(retention.succeeded, retention.payloads).microseconds),
                    .int64(min(retention.cancelled, retention.payloads).microseconds), .int64(min(retention.dead, retention.payloads).microseconds), .int64(retention.shortest.microseconds),
                    .int16(CounterSlot.any().number),
                ] + term.parameters)
        }
        guard let row = rows.first else { return nil }
        let (looked, isOld) = (try row.int64(2), try row.bool(3))
        return (last: try row.id(0), removed: Int(try row.int64(1)), goesOn: looked == Self.perPage && isOld)
    }

    /// Followers of a dead job that goes are cancelled: `mendFollowers` finds that it is gone.
    private static let statement = """
        WITH page AS MATERIALIZED (
            SELECT id, state, settled_at, created_at FROM jobs WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2),
        old AS (
            SELECT id, state, settled_at FROM page
            WHERE state <> 'pending' AND settled_at <= now()
                - (CASE state WHEN 'succeeded' THEN $3::int8 WHEN 'cancelled' THEN $4::int8 ELSE $5::int8 END) * interval '1 microsecond'),
        removed AS (
            DELETE FROM jobs j USING old o WHERE j.id = o.id AND j.state = o.state AND j.settled_at = o.settled_at
            AND EXISTS (SELECT 1 FROM leaders WHERE name = $8 AND holder = $9 AND term = $10 AND expires_at > now())
            RETURNING j.id, j.state),
        told AS (DELETE FROM job_progress WHERE job_id = ANY (ARRAY(SELECT id FROM removed))),
        edited AS (DELETE FROM job_payload_versions WHERE job_id = ANY (ARRAY(SELECT id FROM removed))),
        followed AS (DELETE FROM job_follows WHERE follower_id = ANY (ARRAY(SELECT id FROM removed))),
        preceded AS (DELETE FROM job_follows WHERE predecessor_id = ANY (ARRAY(SELECT id FROM removed WHERE state = 'succeeded'))),
        counts AS (
            SELECT count(*) FILTER (WHERE state = 'succeeded') AS succeeded, count(*) FILTER (WHERE state = 'dead') AS dead,
                count(*) FILTER (WHERE state = 'cancelled') AS cancelled FROM removed),
        counted AS (
            UPDATE ledger_counters c SET pruned_succeeded = c.pruned_succeeded + n.succeeded, pruned_dead = c.pruned_dead + n.dead,
                pruned_cancelled = c.pruned_cancelled + n.cancelled
            FROM counts n WHERE c.slot = $7)
        SELECT id, (SELECT count(*) FROM removed), (SELECT count(*) FROM page), created_at <= now() - $6::int8 * interval '1 microsecond'
        FROM page ORDER BY id DESC LIMIT 1
        """
}
