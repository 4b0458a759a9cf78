import Postgres
package import Primitives

extension JobTable {
    package enum Revival: Sendable {
        /// It waits again, due at once.
        case revived(WaitingJobs.Freed)
        /// A pending job has its unique key.
        case uniqueKeyTaken
        /// It is none that was cancelled.
        case notCancelled
    }

    /// A cancelled job waits again: the next attempt, with failures and reclaims forgotten, and without the conditions that ended it. Jobs that were
    /// cancelled because they waited for it stay so. The caller tells the index.
    package func revive(_ id: JobID, workspace: WorkspaceID, by actor: String) async throws -> Revival {
        do {
            let rows = try await pool.withTransaction { connection in
                try await connection.query(Self.revival, [.id(workspace.value), .id(id.value), .text(actor), .int16(CounterSlot.any().number)])
            }
            guard let row = rows.first else { return .notCancelled }
            return .revived(
                WaitingJobs.Freed(
                    entry: WaitingJobs.Entry(id: id, priority: try row.int16(2), laneKey: try row.optionalText(3)),
                    lane: WaitingJobs.Lane(queue: try row.text(0), lane: try row.text(1)), delay: 0))
        } catch let error as PostgresError where error.code == .constraint("jobs_unique") {
            return .uniqueKeyTaken
        }
    }

    private static let revival = """
        WITH moved AS (
            UPDATE jobs SET state = 'pending', attempt = attempt + 1, failures = 0, reclaims = 0, run_at = now(), revived_at = now(), delayed = false,
                settled_at = NULL, blocked_by = 0, cancel_reason = NULL, cancelled_by = NULL, result = NULL,
                not_after = CASE WHEN not_after > now() THEN not_after END
            WHERE workspace_id = $1 AND id = $2 AND state = 'cancelled'
            RETURNING id, workspace_id, kind, queue, lane, priority, lane_key, attempt, error_class, error_message),
        logged AS (
            INSERT INTO integration_log (workspace_id, type, job_id, kind, lane, attempt, outcome, error_class, message)
            SELECT workspace_id, 'retry', id, kind, lane, attempt, 'retried', error_class, error_message FROM moved),
        acted AS (
            INSERT INTO operator_actions (workspace_id, actor, action, job_ids)
            SELECT $1, $3, 'jobs.retry', array_agg(id) FROM moved HAVING count(*) > 0),
        counted AS (
            UPDATE ledger_counters SET cancelled = cancelled - (SELECT count(*) FROM moved) WHERE slot = $4)
        SELECT queue, lane, priority, lane_key FROM moved
        """
}
