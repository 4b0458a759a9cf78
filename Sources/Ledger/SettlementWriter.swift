package import Logging
package import Postgres
import Primitives
import ServiceLifecycle

/// Settles attempts: many endings, one statement and one commit. The ledger decides; the index is told afterwards.
package struct SettlementWriter: Service {
    package enum Verdict: Sendable {
        case applied
        /// The job is not pending any more or has moved on to another attempt: this worker lost the race (law 3).
        case refused
    }

    private let commits: GroupCommit<Settlement, Verdict>

    package init(pool: PostgresPool, logger: Logger, parallelCommits: Int = 2) {
        // Bounded by the slots of the runners that submit, hence no bound of its own.
        commits = GroupCommit(parallelCommits: parallelCommits, mostRowsWaiting: .max) { batch in
            try await Self.commitPatiently(batch, pool: pool, logger: logger)
        }
    }

    package func run() async throws { try await commits.run() }

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
    private static func commitPatiently(_ batch: [Settlement], pool: PostgresPool, logger: Logger) async throws -> [Verdict] {
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
    static func commit(_ unordered: [Settlement], pool: PostgresPool, slot: CounterSlot) async throws -> [Verdict] {
        let batch = unordered.sorted { $0.job < $1.job }
        let rows = try await pool.query(
            statement,
            [
                .ids(batch.map(\.job.value)), .int32s(batch.map(\.attempt)), .int16s(batch.map(\.ending.rawValue)), .int64s(batch.map(\.delay)),
                .optionalTexts(batch.map(\.errorClass)), .optionalTexts(batch.map(\.errorMessage)), .optionalInt32s(batch.map(\.httpStatus)),
                .int64s(batch.map(\.duration)), .optionalTexts(batch.map(\.details)), .int16(slot.number),
                .bools(batch.map(\.keepsPlace)), .optionalTexts(batch.map(\.normalisedMessage)),
            ])
        var applied: Set<Identifier> = []
        for row in rows { applied.insert(try row.id(0)) }
        return unordered.map { applied.contains($0.job.value) ? .applied : .refused }
    }

    /// Row, log line and counters in one statement. `ending` is Settlement.Ending.
    private static let statement = """
        WITH s AS (
            SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int2[], $4::int8[], $5::text[], $6::text[], $7::int4[], $8::int8[], $9::text[],
                $11::bool[], $12::text[])
                AS t (id, attempt, ending, delay, error_class, error_message, status, duration, details, keeps_place, normalised)),
        settled AS (
            UPDATE jobs j SET
                state = (CASE s.ending WHEN 0 THEN 'succeeded' WHEN 3 THEN 'dead' WHEN 4 THEN 'cancelled' ELSE 'pending' END)::job_state,
                attempt = j.attempt + (s.ending = 1)::int,
                failures = j.failures + (s.ending IN (1, 3))::int,
                delayed = s.ending IN (1, 2) AND NOT s.keeps_place AND j.lane_key IS NULL,
                run_at = CASE WHEN s.ending IN (1, 2) THEN now() + s.delay * interval '1 microsecond' ELSE j.run_at END,
                error_class = s.error_class,
                error_message = s.error_message,
                fingerprint = CASE s.ending WHEN 3 THEN \(Fingerprint.sql(kind: "j.kind", errorClass: "s.error_class", message: "s.normalised")) END,
                settled_at = CASE WHEN s.ending IN (1, 2) THEN NULL ELSE now() END
            FROM s WHERE j.id = s.id AND j.attempt = s.attempt AND j.state = 'pending'
            RETURNING j.id, j.workspace_id, j.kind, j.lane, s.attempt, s.ending, s.error_class, s.error_message, s.status, s.duration, s.details),
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
            FROM counts n WHERE c.slot = $10)
        SELECT id FROM settled
        """
}
