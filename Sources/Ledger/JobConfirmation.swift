package import Postgres
package import Primitives

/// Asks the ledger whether second-hand jobs may run, many in one statement (law 4).
package struct JobConfirmation: Sendable {
    package enum Answer: Sendable, Equatable {
        case run(RunnableJob)
        /// Pending, but not before this many microseconds have passed.
        case wait(Int64)
        /// Order matters to it, and this one comes before it. With its own attempt.
        case behind(WaitingJobs.Entry, attempt: Int32)
        /// Ended meanwhile: there is nothing to run.
        case over
    }

    /// A job whose worker died this often under it is buried: it is likelier that the job kills workers than that workers die by chance.
    package static let mostReclaims = 3

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// One that is marked as cancelled, or has not started by its `notAfter`, ends here.
    /// - Parameter strict: those among them whose lane keeps strict order. They, and jobs with a lane key, run only as the first of their kind
    ///   that the ledger has, whatever order their pushes came in.
    package func confirm(_ ids: [JobID], strict: [JobID] = []) async throws -> [JobID: Answer] {
        let rows = try await pool.query(Self.read, [.ids(ids.map(\.value)), .ids(strict.map(\.value))])
        let known = try answers(for: ids, from: rows)
        let ending = try rows.filter { try $0.bool(19) }.map { (id: JobID(try $0.id(0)), attempt: try $0.int32(6)) }
        return ending.isEmpty ? known : try await end(ending, known)
    }

    /// As `confirm`, for jobs whose worker lost its lease: their attempt is counted as lost and moves on, so that a settlement by the
    /// former worker is refused; the third time the job is buried.
    /// - Parameter attempts: as `confirm` gave them. A job that is beyond is not moved again: this call may be repeated after a lost answer.
    package func reclaim(_ attempts: [JobID: Int32]) async throws -> [JobID: Answer] {
        guard !attempts.isEmpty else { return [:] }
        let known = attempts.sorted { $0.key < $1.key }
        let rows = try await pool.query(
            Self.moveOn,
            [.ids(known.map(\.key.value)), .int32(Int32(Self.mostReclaims)), .int16(CounterSlot.any().number), .int32s(known.map(\.value))])
        return try answers(for: known.map(\.key), from: rows)
    }

    private func answers(for ids: [JobID], from rows: PostgresRows) throws -> [JobID: Answer] {
        var answers: [JobID: Answer] = [:]
        answers.reserveCapacity(ids.count)
        for id in ids { answers[id] = .over }
        for row in rows {
            let id = JobID(try row.id(0))
            let wait = try row.int64(10)
            if try row.optionalID(15) ?? id.value != id.value {
                answers[id] = .behind(
                    WaitingJobs.Entry(
                        id: JobID(try row.id(15)), priority: try row.int16(16), laneKey: try row.optionalText(17), isRetry: try row.bool(18)),
                    attempt: try row.int32(6))
                continue
            }
            guard wait <= 0 else {
                answers[id] = .wait(wait)
                continue
            }
            var job = RunnableJob(
                id: id, workspace: WorkspaceID(try row.id(1)), kind: try row.text(2), lane: try row.text(3), priority: try row.int16(4),
                payload: try row.text(5), attempt: try row.int32(6), failures: try row.int32(7), maxAttempts: try row.int32(8),
                trace: try row.optionalText(9), laneKey: try row.optionalText(11), deadline: try row.optionalInt64(12),
                payloadVersion: try row.int16(13))
            job.waited = -wait
            job.age = try row.int64(14)
            answers[id] = .run(job)
        }
        return answers
    }

    private static let columns = """
        id, workspace_id, kind, lane, priority, payload, attempt, failures, max_attempts, trace,
        ceil(extract(epoch FROM least(run_at, now() + interval '1 year') - now()) * 1000000)::int8, lane_key, deadline_us, payload_version,
        greatest(0, extract(epoch FROM now() - coalesce(revived_at, created_at)) * 1000000)::int8
        """

    private static let read = """
        SELECT \(columns), first_id, first_priority, first_key, first_is_retry,
            cancel_reason IS NOT NULL OR coalesce(not_after < now(), false)
        FROM jobs j LEFT JOIN LATERAL (\(first)) f ON j.lane_key IS NOT NULL OR j.id = ANY($2::uuid[])
        WHERE id = ANY($1::uuid[]) AND state = 'pending'
        """

    /// The job that comes first in j's lane, or under its lane key when the lane is not strict.
    private static let first = """
        SELECT * FROM (
            \(head("failures = 0", if: "j.id = ANY($2::uuid[])")) UNION ALL \(head("failures > 0", if: "j.id = ANY($2::uuid[])"))
            UNION ALL \(head("lane_key = j.lane_key", by: "queue, lane, lane_key,", if: "j.id <> ALL($2::uuid[])"))) heads
        ORDER BY first_priority, first_id LIMIT 1
        """

    /// One probe of a partial index, whose own columns the order names.
    private static func head(_ condition: String, by columns: String = "queue, lane,", if needed: String) -> String {
        """
        (SELECT id AS first_id, priority AS first_priority, lane_key AS first_key, failures > 0 AS first_is_retry
        FROM jobs h WHERE h.queue = j.queue AND h.lane = j.lane AND h.state = 'pending' AND NOT h.delayed AND h.\(condition) AND \(needed)
        ORDER BY \(columns) priority, id LIMIT 1)
        """
    }

    private static let noFirst = "NULL::uuid, NULL::int2, NULL::text, NULL::bool"

    private static let lost = "the worker died or lost its lease while the job was running"

    /// A job that is not due was settled for a retry before its worker died; it is answered as waiting and left as it is.
    private static let moveOn = """
        WITH known AS (SELECT * FROM unnest($1::uuid[], $4::int4[]) AS k (known_id, known_attempt)),
        lost AS (
            UPDATE jobs SET
                attempt = attempt + (reclaims + 1 < $2)::int,
                reclaims = reclaims + 1,
                state = (CASE WHEN reclaims + 1 < $2 THEN 'pending' ELSE 'dead' END)::job_state,
                error_class = 'worker_lost',
                error_message = '\(lost)',
                fingerprint = CASE WHEN reclaims + 1 >= $2 THEN
                    \(Fingerprint.sql(kind: "kind", errorClass: "'worker_lost'", message: "'\(Fingerprint.normalised(lost))'")) END,
                settled_at = CASE WHEN reclaims + 1 < $2 THEN NULL ELSE now() END
            FROM known WHERE id = known_id AND attempt = known_attempt AND state = 'pending' AND run_at <= now() AND cancel_reason IS NULL
            RETURNING jobs.*),
        logged AS (
            INSERT INTO integration_log (workspace_id, type, job_id, kind, lane, attempt, outcome, error_class, message)
            SELECT workspace_id, 'attempt', id, kind, lane, attempt - (state = 'pending')::int,
                CASE state WHEN 'dead' THEN 'dead' ELSE 'lost' END, error_class, error_message
            FROM lost),
        counts AS (SELECT count(*) AS attempts, count(*) FILTER (WHERE state = 'dead') AS dead FROM lost),
        counted AS (
            UPDATE ledger_counters c SET attempts = c.attempts + n.attempts, dead = c.dead + n.dead FROM counts n WHERE c.slot = $3)
        SELECT \(columns), \(noFirst) FROM lost WHERE state = 'pending'
        UNION ALL
        SELECT \(columns), \(noFirst) FROM jobs JOIN known ON id = known_id WHERE state = 'pending' AND (run_at > now() OR attempt > known_attempt)
        """
}
