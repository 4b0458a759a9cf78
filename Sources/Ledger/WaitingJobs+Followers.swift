import Postgres
package import Primitives

/// Jobs that wait for others.
extension WaitingJobs {
    /// A job that became available, as the index wants it.
    package struct Freed: Sendable, Equatable {
        package var entry: Entry
        package var lane: Lane
        /// Microseconds: it may have a time of its own.
        package var delay: Int64
    }

    package func freed(_ ids: [JobID]) async throws -> [Freed] {
        let rows = try await pool.query(
            """
            SELECT id, queue, lane, priority, lane_key, \(JobInsert.delay) FROM jobs
            WHERE id = ANY ($1::uuid[]) AND state = 'pending' AND blocked_by = 0
            """,
            [.ids(ids.map(\.value))])
        return try rows.map(Self.freed)
    }

    package struct Mended: Sendable {
        package var freed: [Freed]
        /// The last one that was looked at; nil at the end.
        package var last: JobID?
    }

    /// Looks at a page of jobs that wait for others, after the given one, and counts anew what they wait for. A settlement does that itself; what
    /// it cannot see is a follower that was attached while it was under way. Those that wait for a job that will never succeed are marked as
    /// cancelled. A count only goes down here, so that a settlement beside this one cannot be undone.
    package func mendFollowers(after last: JobID?, limit: Int, term: LeaderTerm) async throws -> Mended {
        let rows = try await pool.withTransaction { connection in
            try await connection.query(
                Self.mend, [last.map { .id($0.value) } ?? .null, .int64(Int64(limit))] + term.parameters)
        }
        var mended = Mended(freed: [], last: nil)
        var looked = 0
        for row in rows {
            if try row.bool(6) {
                mended.freed.append(try Self.freed(row))
            } else {
                looked += 1
                mended.last = JobID(try row.id(0))
            }
        }
        if looked < limit { mended.last = nil }
        return mended
    }

    private static func freed(_ row: PostgresRow) throws -> Freed {
        Freed(
            entry: Entry(id: JobID(try row.id(0)), priority: try row.int16(3), laneKey: try row.optionalText(4)),
            lane: Lane(queue: try row.text(1), lane: try row.text(2)), delay: max(0, try row.int64(5)))
    }

    /// Blocked rows are those at the end of the index of delayed ones.
    private static let mend = """
        WITH page AS MATERIALIZED (
            SELECT id FROM jobs WHERE state = 'pending' AND delayed AND run_at = 'infinity' AND ($1::uuid IS NULL OR id > $1)
            AND EXISTS (SELECT 1 FROM leaders WHERE name = $3 AND holder = $4 AND term = $5 AND expires_at > now())
            ORDER BY run_at, id LIMIT $2),
        looked AS (
            SELECT p.id, count(d.predecessor_id) FILTER (WHERE j.state IS DISTINCT FROM 'succeeded')::int AS open,
                coalesce(bool_or(d.predecessor_id IS NOT NULL AND (j.state IS NULL OR j.state = 'cancelled')), false) AS is_orphan
            FROM page p LEFT JOIN job_follows d ON d.follower_id = p.id LEFT JOIN jobs j ON j.id = d.predecessor_id GROUP BY p.id),
        mended AS (
            UPDATE jobs f SET
                blocked_by = least(f.blocked_by, l.open), delayed = least(f.blocked_by, l.open) > 0 OR coalesce(f.due_at > now(), false),
                run_at = CASE WHEN least(f.blocked_by, l.open) > 0 THEN 'infinity' ELSE greatest(now(), f.due_at) END,
                cancel_reason = CASE WHEN l.is_orphan THEN coalesce(f.cancel_reason, \(JobCancellation.orphanReason)) ELSE f.cancel_reason END,
                cancelled_by = CASE WHEN l.is_orphan THEN coalesce(f.cancelled_by, '\(JobCancellation.byPredecessor)') ELSE f.cancelled_by END
            FROM looked l
            WHERE f.id = l.id AND f.state = 'pending' AND (f.blocked_by > l.open OR (l.is_orphan AND f.cancel_reason IS NULL))
            RETURNING f.id, f.queue, f.lane, f.priority, f.lane_key, f.run_at, f.blocked_by)
        SELECT id, '' AS queue, '' AS lane, 0::int2 AS priority, NULL::text AS lane_key, 0::int8 AS delay, false FROM page
        UNION ALL
        SELECT id, queue, lane, priority, lane_key, \(JobInsert.delay), true FROM mended WHERE blocked_by = 0
        ORDER BY 7, 1
        """
}
