package import Logging
package import Postgres
import Primitives
import ServiceLifecycle

/// Settles attempts: many endings, one statement and one commit. The ledger decides; the index is told afterwards.
package struct SettlementWriter: Service {
    package enum Verdict: Sendable {
        case applied
        /// Applied, and the job is cancelled instead: somebody had asked for that while it was running.
        case cancelled
        /// The job is not pending any more or has moved on to another attempt: this worker lost the race (law 3).
        case refused
    }

    /// Told of jobs that became available because the last one they waited for has succeeded. Nothing depends on it but time: the sweep finds them.
    package typealias OnFreed = @Sendable (_ jobs: [WaitingJobs.Freed]) -> Void

    private let commits: GroupCommit<Settlement, Verdict>

    package init(pool: PostgresPool, logger: Logger, parallelCommits: Int = 2, onFreed: @escaping OnFreed = { _ in }) {
        // Bounded by the slots of the runners that submit, hence no bound of its own.
        commits = GroupCommit(writer: "settlements", parallelCommits: parallelCommits, mostRowsWaiting: .max) { batch in
            let (verdicts, freed) = try await Self.commitPatiently(batch, pool: pool, logger: logger)
            if !freed.isEmpty, let jobs = try? await WaitingJobs(pool: pool).freed(freed) { onFreed(jobs) }
            return verdicts
        }
    }

    package func run() async throws { try await commits.run() }

    /// What waits for its commit.
    package var backlog: Int { commits.backlog }

    /// Returns after the commit. What the ledger refuses for its content must not bring the job back for ever: such a job is buried with a result
    /// that can be stored. A ledger that is away refuses nothing: that error is thrown, and the job stays pending.
    package func settle(_ settlement: Settlement) async throws -> Verdict {
        do {
            return try await commits.submit(settlement)
        } catch let error where error.isFaultOfOneRequest {
            return try await commits.submit(
                Settlement(
                    job: settlement.job, attempt: settlement.attempt, ending: .dead, errorClass: "unstorable_result",
                    errorMessage: "the ledger refused what the attempt came to", duration: settlement.duration))
        }
    }

    /// A result is worth waiting for: while the ledger is away it is held here and tried again, until the task is cancelled.
    private static func commitPatiently(
        _ batch: [Settlement], pool: PostgresPool, logger: Logger
    ) async throws -> (verdicts: [Verdict], freed: [JobID]) {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await commit(batch, pool: pool, slot: .any())
            } catch let error where !error.isFaultOfOneRequest && !Task.isCancelled && !Task.isShuttingDownGracefully {
                // At a stop the runners have ended: what cannot be settled now runs again when the lease has run out.
                logger.warning("settlements wait for the ledger", metadata: ["count": "\(batch.count)", "error": "\(error)"])
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    /// Rows are locked in the order of ids, so that two statements cannot wait for each other.
    static func commit(
        _ unordered: [Settlement], pool: PostgresPool, slot: CounterSlot
    ) async throws -> (verdicts: [Verdict], freed: [JobID]) {
        let batch = unordered.sorted { $0.job < $1.job }
        let rows = try await pool.query(
            statement,
            [
                .ids(batch.map(\.job.value)), .int32s(batch.map(\.attempt)), .int16s(batch.map(\.ending.rawValue)), .int64s(batch.map(\.delay)),
                .optionalTexts(batch.map(\.errorClass)), .optionalTexts(batch.map(\.errorMessage)), .optionalInt32s(batch.map(\.httpStatus)),
                .int64s(batch.map(\.duration)), .optionalTexts(batch.map(\.details)), .int16(slot.number),
                .bools(batch.map(\.keepsPlace)), .optionalTexts(batch.map(\.normalisedMessage)),
                batch.contains { $0.result != nil } ? .optionalTexts(batch.map(\.result)) : .null,
            ])
        var became: [Identifier: Int16] = [:]
        became.reserveCapacity(rows.count)
        var freed: [JobID] = []
        for row in rows {
            let (id, ending) = (try row.id(0), try row.int16(1))
            if ending == wasFreed { freed.append(JobID(id)) } else { became[id] = ending }
        }
        let verdicts = unordered.map { settlement -> Verdict in
            guard let ending = became[settlement.job.value] else { return .refused }
            return ending == settlement.ending.rawValue ? .applied : .cancelled
        }
        return (verdicts, freed)
    }

    /// No ending: marks a follower that became available.
    private static let wasFreed: Int16 = 9

    /// Row, log line, counters and followers in one statement. `ending` is Settlement.Ending. What was to come again or to be buried, and is
    /// marked as cancelled, becomes that. Without followers `freed` reads nothing but the settled rows.
    private static let statement = """
        WITH s AS (
            SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int2[], $4::int8[], $5::text[], $6::text[], $7::int4[], $8::int8[], $9::text[],
                $11::bool[], $12::text[], $13::text[])
                AS t (id, attempt, ending, delay, error_class, error_message, status, duration, details, keeps_place, normalised, result)),
        settled AS (
            UPDATE jobs j SET
                state = (CASE WHEN s.ending = 0 THEN 'succeeded' WHEN s.ending = 4 OR j.cancel_reason IS NOT NULL THEN 'cancelled'
                    WHEN s.ending = 3 THEN 'dead' ELSE 'pending' END)::job_state,
                attempt = j.attempt + (s.ending = 1 AND j.cancel_reason IS NULL)::int,
                failures = j.failures + (s.ending IN (1, 3))::int,
                delayed = s.ending IN (1, 2) AND NOT s.keeps_place AND j.lane_key IS NULL AND j.cancel_reason IS NULL,
                run_at = CASE WHEN s.ending IN (1, 2) AND j.cancel_reason IS NULL
                    THEN now() + s.delay * interval '1 microsecond' ELSE j.run_at END,
                error_class = CASE WHEN s.ending <> 0 AND j.cancel_reason IS NOT NULL THEN \(JobCancellation.errorClass) ELSE s.error_class END,
                error_message = CASE WHEN s.ending <> 0 THEN coalesce(j.cancel_reason, s.error_message) ELSE s.error_message END,
                fingerprint = CASE WHEN s.ending = 3 AND j.cancel_reason IS NULL
                    THEN \(Fingerprint.sql(kind: "j.kind", errorClass: "s.error_class", message: "s.normalised")) END,
                result = s.result,
                settled_at = CASE WHEN s.ending IN (1, 2) AND j.cancel_reason IS NULL THEN NULL ELSE now() END
            FROM s WHERE j.id = s.id AND j.attempt = s.attempt AND j.state = 'pending'
            RETURNING j.id, j.workspace_id, j.kind, j.lane, s.attempt, CASE j.state WHEN 'cancelled' THEN 4::int2 ELSE s.ending END AS ending,
                j.error_class, j.error_message, s.status, s.duration, s.details, j.has_followers),
        logged AS (
            INSERT INTO integration_log
                (workspace_id, type, job_id, kind, lane, attempt, outcome, status, error_class, message, duration_us, details)
            SELECT workspace_id, CASE ending WHEN 2 THEN 'snooze' ELSE 'attempt' END, id, kind, lane, attempt,
                (ARRAY['succeeded', 'retried', 'snoozed', 'dead', 'cancelled'])[ending + 1], status, error_class, error_message, duration, details
            FROM settled),
        counts AS (
            SELECT count(*) FILTER (WHERE ending = 0) AS succeeded, count(*) FILTER (WHERE ending = 3) AS dead,
                count(*) FILTER (WHERE ending = 4) AS cancelled, count(*) FILTER (WHERE ending <> 2) AS attempts
            FROM settled),
        counted AS (
            UPDATE ledger_counters c SET succeeded = c.succeeded + n.succeeded, dead = c.dead + n.dead, cancelled = c.cancelled + n.cancelled,
                attempts = c.attempts + n.attempts
            FROM counts n WHERE c.slot = $10),
        freed AS (
            UPDATE jobs f SET blocked_by = f.blocked_by - n.count, delayed = f.blocked_by > n.count OR coalesce(f.due_at > now(), false),
                run_at = CASE WHEN f.blocked_by > n.count THEN 'infinity' ELSE greatest(now(), f.due_at) END
            FROM (
                SELECT follower_id, count(*)::int AS count FROM job_follows
                WHERE predecessor_id = ANY (ARRAY(SELECT id FROM settled WHERE ending = 0 AND has_followers)) GROUP BY follower_id) n
            WHERE f.id = n.follower_id AND f.state = 'pending' AND f.blocked_by > 0
            RETURNING f.id, f.blocked_by)
        SELECT id, ending FROM settled
        UNION ALL
        SELECT id, \(wasFreed)::int2 FROM freed WHERE blocked_by = 0
        """
}
