import Postgres
import Primitives

/// The two ways in which job rows are inserted, by every writer that accepts jobs.
enum JobInsert {
    /// Jobs that are due at once and cannot clash; counted in the same statement, hence the same commit.
    static let plain = """
        WITH accepted AS (
            INSERT INTO jobs (id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, payload_version)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::int4[], $9::text[],
                $10::int2[])
            RETURNING 1)
        UPDATE ledger_counters SET accepted = accepted + (SELECT count(*) FROM accepted) WHERE slot = $11
        """

    /// The ten columns that every job has.
    static func parameters(_ jobs: [NewJob]) -> [PostgresValue] {
        [
            .ids(jobs.map(\.id.value)), .ids(jobs.map(\.workspace.value)), .texts(jobs.map(\.kind)), .texts(jobs.map(\.queue)),
            .texts(jobs.map(\.lane)), .int16s(jobs.map(\.priority)), .texts(jobs.map(\.payload)), .int32s(jobs.map(\.maxAttempts)),
            .optionalTexts(jobs.map(\.trace)), .int16s(jobs.map(\.payloadVersion)),
        ]
    }

    /// A job that waits for others is delayed without a time.
    private static let withClashes = """
        WITH accepted AS (
            INSERT INTO jobs (id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, payload_version, unique_key, run_at,
                delayed, lane_key, deadline_us, not_after, blocked_by, has_followers, due_at)
            SELECT id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, payload_version, unique_key,
                CASE WHEN blocked_by > 0 THEN 'infinity' ELSE coalesce(run_at, now()) END, blocked_by > 0 OR coalesce(run_at > now(), false),
                lane_key, deadline_us, not_after, blocked_by, has_followers, CASE WHEN blocked_by > 0 THEN run_at END
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::int4[], $9::text[],
                $10::int2[], $12::text[], $13::timestamptz[], $14::text[], $15::int8[], $16::timestamptz[], $17::int4[], $18::bool[])
                AS t (id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, payload_version, unique_key, run_at, lane_key,
                    deadline_us, not_after, blocked_by, has_followers)
            ON CONFLICT (workspace_id, kind, unique_key) WHERE state = 'pending' AND unique_key IS NOT NULL DO NOTHING
            RETURNING id, run_at, blocked_by),
        counted AS (
            UPDATE ledger_counters SET accepted = accepted + (SELECT count(*) FROM accepted) WHERE slot = $11)
        SELECT id, \(delay) FROM accepted
        """

    /// Microseconds until a row may run; -1 while it waits for other jobs.
    static let delay = """
        CASE WHEN blocked_by > 0 THEN -1 ELSE greatest(0, extract(epoch FROM run_at - now()) * 1000000)::int8 END
        """

    /// $12 to $18 of `withClashes`.
    private static func extras(_ jobs: [NewJob]) -> [PostgresValue] {
        [
            .optionalTexts(jobs.map(\.uniqueKey)), .optionalTimestamps(jobs.map(\.runAt)), .optionalTexts(jobs.map(\.laneKey)),
            .optionalInt64s(jobs.map(\.deadline)), .optionalTimestamps(jobs.map(\.notAfter)), .int32s(jobs.map(\.blockedBy)),
            .bools(jobs.map(\.hasFollowers)),
        ]
    }

    /// Jobs that may be delayed, wait for others, or meet a job with their unique key; one answer a job, in order.
    static func careful(_ all: [NewJob], slot: CounterSlot, on connection: PostgresConnection) async throws -> [AcceptedJob] {
        guard !all.isEmpty else { return [] }
        let taken = try await UniquePeriods.claim(all, on: connection)
        let jobs = taken.isEmpty ? all : all.filter { taken[$0.id] == nil }
        var answers: [JobID: AcceptedJob] = [:]
        let rows = try await connection.query(withClashes, parameters(jobs) + [.int16(slot.number)] + extras(jobs))
        for row in rows {
            let id = JobID(try row.id(0)), delay = try row.int64(1)
            answers[id] = AcceptedJob(id: id, isDuplicate: false, delay: max(0, delay))
            answers[id]?.isBlocked = delay < 0
        }
        let clashing = jobs.filter { answers[$0.id] == nil }
        let existing = try await pending(like: clashing, on: connection)
        for job in clashing {
            // The one it met may have ended between the two statements; the caller's retry is then accepted.
            guard let id = existing[UniqueKey(job)] else { throw LedgerError.changedMeanwhile }
            answers[job.id] = AcceptedJob(id: id, isDuplicate: true, delay: 0)
        }
        try await UniquePeriods.release(clashing, on: connection)
        for (id, other) in taken { answers[id] = AcceptedJob(id: answers[other]?.id ?? other, isDuplicate: true, delay: 0) }
        return all.compactMap { answers[$0.id] }
    }

    private static func pending(like jobs: [NewJob], on connection: PostgresConnection) async throws -> [UniqueKey: JobID] {
        guard !jobs.isEmpty else { return [:] }
        let rows = try await connection.query(
            """
            SELECT j.workspace_id, j.kind, j.unique_key, j.id FROM jobs j
            JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS t (workspace_id, kind, unique_key) USING (workspace_id, kind, unique_key)
            WHERE j.state = 'pending'
            """,
            UniqueKey.parameters(jobs))
        var existing: [UniqueKey: JobID] = [:]
        for row in rows { existing[try UniqueKey(row)] = JobID(try row.id(3)) }
        return existing
    }
}
