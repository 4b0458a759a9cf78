import Postgres
import Primitives

/// The two ways in which job rows are inserted, by every writer that accepts jobs.
enum JobInsert {
    /// Jobs that are due at once and cannot clash; counted in the same statement, hence the same commit.
    static let plain = """
        WITH accepted AS (
            INSERT INTO jobs (id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::int4[], $9::text[])
            RETURNING 1)
        UPDATE ledger_counters SET accepted = accepted + (SELECT count(*) FROM accepted) WHERE slot = $10
        """

    /// The nine columns of `plain`.
    static func parameters(_ jobs: [NewJob]) -> [PostgresValue] {
        [
            .ids(jobs.map(\.id.value)), .ids(jobs.map(\.workspace.value)), .texts(jobs.map(\.kind)), .texts(jobs.map(\.queue)),
            .texts(jobs.map(\.lane)), .int16s(jobs.map(\.priority)), .texts(jobs.map(\.payload)), .int32s(jobs.map(\.maxAttempts)),
            .optionalTexts(jobs.map(\.trace)),
        ]
    }

    private static let withClashes = """
        WITH accepted AS (
            INSERT INTO jobs (id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, unique_key, run_at, delayed,
                lane_key, deadline_us, not_after, payload_version)
            SELECT id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, unique_key,
                coalesce(run_at, now()), coalesce(run_at > now(), false), lane_key, deadline_us, not_after, payload_version
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::text[], $8::int4[], $9::text[],
                $10::text[], $11::timestamptz[], $13::text[], $14::int8[], $15::timestamptz[], $16::int2[])
                AS t (id, workspace_id, kind, queue, lane, priority, payload, max_attempts, trace, unique_key, run_at, lane_key, deadline_us,
                    not_after, payload_version)
            ON CONFLICT (workspace_id, kind, unique_key) WHERE state = 'pending' AND unique_key IS NOT NULL DO NOTHING
            RETURNING id, run_at),
        counted AS (
            UPDATE ledger_counters SET accepted = accepted + (SELECT count(*) FROM accepted) WHERE slot = $12)
        SELECT id, greatest(0, extract(epoch FROM run_at - now()) * 1000000)::int8 FROM accepted
        """

    /// $13 to $16 of `withClashes`.
    private static func extras(_ jobs: [NewJob]) -> [PostgresValue] {
        [
            .optionalTexts(jobs.map(\.laneKey)), .optionalInt64s(jobs.map(\.deadline)), .optionalTimestamps(jobs.map(\.notAfter)),
            .int16s(jobs.map(\.payloadVersion)),
        ]
    }

    /// Jobs that may be delayed or meet a pending job with their unique key; one answer a job, in order.
    static func careful(_ jobs: [NewJob], slot: CounterSlot, on connection: PostgresConnection) async throws -> [AcceptedJob] {
        guard !jobs.isEmpty else { return [] }
        let rows = try await connection.query(
            withClashes,
            parameters(jobs) + [.optionalTexts(jobs.map(\.uniqueKey)), .optionalTimestamps(jobs.map(\.runAt)), .int16(slot.number)] + extras(jobs))
        var delays: [Identifier: Int64] = [:]
        for row in rows { delays[try row.id(0)] = try row.int64(1) }
        let clashing = jobs.filter { delays[$0.id.value] == nil }
        var existing: [UniqueKey: JobID] = [:]
        if !clashing.isEmpty {
            let rows = try await connection.query(
                """
                SELECT j.workspace_id, j.kind, j.unique_key, j.id FROM jobs j
                JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS t (workspace_id, kind, unique_key) USING (workspace_id, kind, unique_key)
                WHERE j.state = 'pending'
                """,
                [.ids(clashing.map(\.workspace.value)), .texts(clashing.map(\.kind)), .texts(clashing.map { $0.uniqueKey ?? "" })])
            for row in rows { existing[UniqueKey(workspace: try row.id(0), kind: try row.text(1), key: try row.text(2))] = JobID(try row.id(3)) }
        }
        return try jobs.map { job in
            if let delay = delays[job.id.value] { return AcceptedJob(id: job.id, isDuplicate: false, delay: delay) }
            let key = UniqueKey(workspace: job.workspace.value, kind: job.kind, key: job.uniqueKey ?? "")
            // The one it met may have ended between the two statements; the caller's retry is then accepted.
            guard let id = existing[key] else { throw LedgerError.changedMeanwhile }
            return AcceptedJob(id: id, isDuplicate: true, delay: 0)
        }
    }

    private struct UniqueKey: Hashable {
        var workspace: Identifier
        var kind: String
        var key: String
    }
}
