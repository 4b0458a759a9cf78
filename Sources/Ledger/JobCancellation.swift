package import Postgres
package import Primitives

/// Cancelling in the ledger: a mark on the pending row says that somebody wants it, and who; the row ends when it is certain that no attempt is
/// running, or with the attempt that is.
package struct JobCancellation: Sendable {
    /// A job that is pending and shall not run.
    package struct Pending: Sendable, Equatable {
        package var id: JobID
        package var queue: String
        package var lane: String
        package var attempt: Int32
    }

    package enum Mark: Sendable, Equatable {
        /// Marked now, or before.
        case marked(Pending)
        /// It is not pending.
        case ended(JobState)
    }

    package struct Ended: Sendable {
        package var ids: Set<JobID>
        /// Jobs waited for one of them and are marked now.
        package var hasMarkedOthers: Bool
    }

    /// Stands in `cancelled_by` in the place of an actor.
    static let byPredecessor = "predecessor"

    /// Of a row that ends because it was marked, or because its `notAfter` has passed.
    static let errorClass = """
        CASE WHEN cancel_reason IS NULL THEN 'expired' WHEN cancelled_by = '\(byPredecessor)' THEN 'predecessor_cancelled' ELSE 'cancelled' END
        """

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Marks a job and records who did. The first reason stays. Nil when the workspace has no such job.
    package func mark(_ id: JobID, workspace: WorkspaceID, reason: String, by actor: String) async throws -> Mark? {
        let rows = try await pool.withTransaction { connection in
            try await connection.query(
                """
                WITH named AS (
                    SELECT id, state, queue, lane, attempt, cancel_reason FROM jobs WHERE workspace_id = $1 AND id = $2 FOR UPDATE),
                marked AS (
                    UPDATE jobs j SET cancel_reason = $3, cancelled_by = $4 FROM named n
                    WHERE j.id = n.id AND n.state = 'pending' AND n.cancel_reason IS NULL RETURNING j.id),
                acted AS (
                    INSERT INTO operator_actions (workspace_id, actor, action, job_ids)
                    SELECT $1, $4, 'jobs.cancel', array_agg(id) FROM marked HAVING count(*) > 0)
                SELECT id, queue, lane, attempt, state::text FROM named
                """,
                [.id(workspace.value), .id(id.value), .text(Settlement.storable(reason)), .text(actor)])
        }
        guard let row = rows.first else { return nil }
        let state = try row.text(4)
        if state == JobState.pending.rawValue { return .marked(try Self.pending(row)) }
        guard let ended = JobState(rawValue: state) else { throw LedgerError.changedMeanwhile }
        return .ended(ended)
    }

    /// Marked jobs in the order of ids, after the given one.
    package func marked(after last: JobID?, limit: Int) async throws -> [Pending] {
        let rows = try await pool.query(
            """
            SELECT id, queue, lane, attempt FROM jobs WHERE state = 'pending' AND cancel_reason IS NOT NULL AND ($1::uuid IS NULL OR id > $1)
            ORDER BY id LIMIT $2
            """,
            [last.map { .id($0.value) } ?? .null, .int64(Int64(limit))])
        return try rows.map(Self.pending)
    }

    /// Waiting or running jobs whose `notAfter` has passed, those that passed longest ago first, after the given place.
    package func overdue(after last: (notAfter: Int64, id: JobID)?, limit: Int) async throws -> [(job: Pending, notAfter: Int64)] {
        let rows = try await pool.query(
            """
            SELECT id, queue, lane, attempt, not_after FROM jobs
            WHERE state = 'pending' AND not_after IS NOT NULL AND not_after < now() AND cancel_reason IS NULL
            AND ($1::timestamptz IS NULL OR (not_after, id) > ($1, $2)) ORDER BY not_after, id LIMIT $3
            """,
            [.optional(time: last?.notAfter), last.map { .id($0.id.value) } ?? .null, .int64(Int64(limit))])
        return try rows.map { (try Self.pending($0), try $0.timestamp(4)) }
    }

    /// Ends jobs that are marked or overdue and that nobody runs, and marks those that wait for them. One that has moved on to another attempt
    /// meanwhile is left alone: somebody may be running that.
    package func settle(_ jobs: [(id: JobID, attempt: Int32)]) async throws -> Ended {
        guard !jobs.isEmpty else { return Ended(ids: [], hasMarkedOthers: false) }
        let jobs = jobs.sorted { $0.id < $1.id }
        let rows = try await pool.withTransaction { connection in
            try await connection.query(
                Self.end, [.ids(jobs.map(\.id.value)), .int32s(jobs.map(\.attempt)), .int16(CounterSlot.any().number)])
        }
        return Ended(ids: Set(try rows.map { JobID(try $0.id(0)) }), hasMarkedOthers: try rows.first?.bool(1) ?? false)
    }

    private static func pending(_ row: PostgresRow) throws -> Pending {
        Pending(id: JobID(try row.id(0)), queue: try row.text(1), lane: try row.text(2), attempt: try row.int32(3))
    }

    /// Row, log line, counters and followers in one statement. No attempt ended, hence the line's type.
    private static let end = """
        WITH gone AS (
            UPDATE jobs j SET state = 'cancelled', settled_at = now(), delayed = false, error_class = \(errorClass),
                error_message = coalesce(cancel_reason, 'it had not started by its notAfter')
            FROM unnest($1::uuid[], $2::int4[]) AS k (known_id, known_attempt)
            WHERE id = known_id AND attempt = known_attempt AND state = 'pending' AND (cancel_reason IS NOT NULL OR not_after < now())
            RETURNING j.id, j.workspace_id, j.kind, j.lane, j.attempt, j.error_class, j.error_message, j.has_followers),
        logged AS (
            INSERT INTO integration_log (workspace_id, type, job_id, kind, lane, attempt, outcome, error_class, message)
            SELECT workspace_id, 'cancel', id, kind, lane, attempt, 'cancelled', error_class, error_message FROM gone),
        orphaned AS (
            UPDATE jobs f SET cancel_reason = \(orphanReason), cancelled_by = '\(byPredecessor)'
            FROM job_follows d
            WHERE d.predecessor_id = ANY (ARRAY(SELECT id FROM gone WHERE has_followers)) AND f.id = d.follower_id AND f.state = 'pending'
            AND f.cancel_reason IS NULL RETURNING 1),
        counted AS (
            UPDATE ledger_counters SET cancelled = cancelled + (SELECT count(*) FROM gone) WHERE slot = $3)
        SELECT id, EXISTS (SELECT 1 FROM orphaned) FROM gone
        """

    static let orphanReason = "'a job that it waits for will not succeed'"
}
