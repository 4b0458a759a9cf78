package import Postgres
package import Primitives

/// What the ledger has waiting, read for the index: by refills, by the rebuild, the promotion and the sweep.
package struct WaitingJobs: Sendable {
    package struct Lane: Hashable, Sendable {
        package var queue: String
        package var lane: String

        package init(queue: String, lane: String) {
            self.queue = queue
            self.lane = lane
        }
    }
    package struct Entry: Sendable, Equatable {
        package var id: JobID
        package var priority: Int16
        package var laneKey: String?
        /// It has failed before: its lane gives retries a share of their own.
        package var isRetry: Bool

        package init(id: JobID, priority: Int16, laneKey: String? = nil, isRetry: Bool = false) {
            self.id = id
            self.priority = priority
            self.laneKey = laneKey
            self.isRetry = isRetry
        }
    }

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The first jobs of a lane in the order in which they are to run, first attempts and then retries, up to the limit of each.
    /// Those that wait for their time are not among them.
    package func first(_ limit: Int, of lane: Lane) async throws -> [Entry] {
        let rows = try await pool.query(
            """
            (SELECT id, priority, lane_key, false FROM jobs
            WHERE queue = $1 AND lane = $2 AND state = 'pending' AND NOT delayed AND failures = 0
            ORDER BY queue, lane, priority, id LIMIT $3)
            UNION ALL
            (SELECT id, priority, lane_key, true FROM jobs
            WHERE queue = $1 AND lane = $2 AND state = 'pending' AND NOT delayed AND failures > 0
            ORDER BY queue, lane, priority, id LIMIT $3)
            """,
            [.text(lane.queue), .text(lane.lane), .int64(Int64(limit))])
        return try rows.map {
            Entry(id: JobID(try $0.id(0)), priority: try $0.int16(1), laneKey: try $0.optionalText(2), isRetry: try $0.bool(3))
        }
    }

    /// Lanes of a queue that have waiting jobs, after the given one, in order. Two index probes a lane, whatever the lanes hold.
    package func lanes(of queue: String, after last: String = "", limit: Int = 1000) async throws -> [String] {
        let rows = try await pool.query(
            """
            WITH RECURSIVE found (lane, n) AS (
                SELECT $2::text, 0
                UNION ALL
                SELECT next.lane, found.n + 1 FROM found CROSS JOIN LATERAL (
                    SELECT min(lane) AS lane FROM (
                        (SELECT lane FROM jobs WHERE queue = $1 AND state = 'pending' AND NOT delayed AND failures = 0 AND lane > found.lane
                        ORDER BY queue, lane LIMIT 1)
                        UNION ALL
                        (SELECT lane FROM jobs WHERE queue = $1 AND state = 'pending' AND NOT delayed AND failures > 0 AND lane > found.lane
                        ORDER BY queue, lane LIMIT 1)) either) next
                WHERE found.n < $3 AND next.lane IS NOT NULL)
            SELECT lane FROM found WHERE n > 0
            """,
            [.text(queue), .text(last), .int64(Int64(limit))])
        return try rows.map { try $0.text(0) }
    }

    package func isAnythingPending() async throws -> Bool {
        let rows = try await pool.query(
            """
            (SELECT 1 FROM jobs WHERE state = 'pending' AND NOT delayed AND failures = 0 ORDER BY queue, lane LIMIT 1)
            UNION ALL
            (SELECT 1 FROM jobs WHERE state = 'pending' AND NOT delayed AND failures > 0 ORDER BY queue, lane LIMIT 1)
            UNION ALL
            (SELECT 1 FROM jobs WHERE state = 'pending' AND delayed ORDER BY run_at LIMIT 1)
            """)
        return !rows.isEmpty
    }

    /// Whether a job among the lane's first ones has been due for this long, by the ledger's clock. More than a window is not looked at: a lane
    /// with more overflows, and is refilled.
    package func hasWaited(_ microseconds: Int64, in lane: Lane) async throws -> Bool {
        let rows = try await pool.query(
            """
            SELECT 1 FROM (
                (SELECT run_at FROM jobs WHERE queue = $1 AND lane = $2 AND state = 'pending' AND NOT delayed AND failures = 0
                ORDER BY queue, lane, priority, id LIMIT 2000)
                UNION ALL
                (SELECT run_at FROM jobs WHERE queue = $1 AND lane = $2 AND state = 'pending' AND NOT delayed AND failures > 0
                ORDER BY queue, lane, priority, id LIMIT 2000)) t
            WHERE run_at < now() - $3 * interval '1 microsecond' LIMIT 1
            """,
            [.text(lane.queue), .text(lane.lane), .int64(microseconds)])
        return !rows.isEmpty
    }

    /// Moves delayed jobs whose time came at least `grace` microseconds ago among the waiting ones, for the leader of `term` only.
    /// The index promotes most of them itself, at their time; these are the ones it did not have.
    package func promote(limit: Int, grace: Int64, term: LeaderTerm) async throws -> [(lane: Lane, entry: Entry)] {
        let rows = try await pool.query(
            """
            UPDATE jobs SET delayed = false WHERE id IN (
                SELECT id FROM jobs WHERE state = 'pending' AND delayed AND run_at <= now() - $2 * interval '1 microsecond'
                ORDER BY run_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
            AND EXISTS (SELECT 1 FROM leaders WHERE name = $3 AND holder = $4 AND term = $5 AND expires_at > now())
            RETURNING queue, lane, id, priority, lane_key, failures > 0
            """,
            [.int64(Int64(limit)), .int64(grace)] + term.parameters)
        return try rows.map { row in
            (
                Lane(queue: try row.text(0), lane: try row.text(1)),
                Entry(id: JobID(try row.id(2)), priority: try row.int16(3), laneKey: try row.optionalText(4), isRetry: try row.bool(5))
            )
        }
    }
}
