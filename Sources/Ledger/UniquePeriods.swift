package import Postgres
import Primitives

/// What makes a job unique: its key among those of its kind in a workspace.
struct UniqueKey: Hashable {
    var workspace: Identifier
    var kind: String
    var key: String

    init(_ job: NewJob) {
        workspace = job.workspace.value
        kind = job.kind
        key = job.uniqueKey ?? ""
    }

    /// Of the first three columns.
    init(_ row: PostgresRow) throws {
        workspace = try row.id(0)
        kind = try row.text(1)
        key = try row.text(2)
    }

    static func parameters(_ jobs: [NewJob]) -> [PostgresValue] {
        [.ids(jobs.map(\.workspace.value)), .texts(jobs.map(\.kind)), .texts(jobs.map { $0.uniqueKey ?? "" })]
    }
}

/// Unique keys that stay taken for a time, by the ledger's clock. Whoever comes within the period, asking for one himself or not, is answered
/// with the first job's id.
package enum UniquePeriods {
    /// Takes the keys of those that ask for a period.
    /// - Returns: for jobs whose key is taken, the job that has it; one of the same call when two have one key.
    static func claim(_ jobs: [NewJob], on connection: PostgresConnection) async throws -> [JobID: JobID] {
        let keyed = jobs.filter { $0.uniqueKey != nil }
        guard !keyed.isEmpty else { return [:] }
        var seen: Set<UniqueKey> = []
        let asking = keyed.filter { $0.uniqueFor != nil && seen.insert(UniqueKey($0)).inserted }
        if !asking.isEmpty {
            _ = try await connection.query(
                """
                INSERT INTO unique_keys AS u (workspace_id, kind, unique_key, job_id, expires_at)
                SELECT workspace_id, kind, unique_key, job_id, now() + period * interval '1 microsecond'
                FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::int8[]) AS t (workspace_id, kind, unique_key, job_id, period)
                ORDER BY workspace_id, kind, unique_key
                ON CONFLICT (workspace_id, kind, unique_key) DO UPDATE SET job_id = excluded.job_id, expires_at = excluded.expires_at
                WHERE u.expires_at <= now()
                """,
                UniqueKey.parameters(asking) + [.ids(asking.map(\.id.value)), .int64s(asking.map { $0.uniqueFor ?? 0 })])
        }
        let rows = try await connection.query(
            """
            SELECT u.workspace_id, u.kind, u.unique_key, u.job_id FROM unique_keys u
            JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS t (workspace_id, kind, unique_key) USING (workspace_id, kind, unique_key)
            WHERE u.expires_at > now()
            """,
            UniqueKey.parameters(keyed))
        var owners: [UniqueKey: JobID] = [:]
        for row in rows { owners[try UniqueKey(row)] = JobID(try row.id(3)) }
        var taken: [JobID: JobID] = [:]
        for job in keyed {
            if let owner = owners[UniqueKey(job)], owner != job.id { taken[job.id] = owner }
        }
        return taken
    }

    /// Gives up the keys of jobs that were not accepted after all: a pending job without a period has theirs.
    static func release(_ jobs: [NewJob], on connection: PostgresConnection) async throws {
        let asked = jobs.filter { $0.uniqueFor != nil }
        guard !asked.isEmpty else { return }
        _ = try await connection.query(
            """
            DELETE FROM unique_keys u USING unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) AS t (workspace_id, kind, unique_key, job_id)
            WHERE u.workspace_id = t.workspace_id AND u.kind = t.kind AND u.unique_key = t.unique_key AND u.job_id = t.job_id
            """,
            UniqueKey.parameters(asked) + [.ids(asked.map(\.id.value))])
    }

    /// Removes keys whose period is over, a page at a time.
    package static func prune(on pool: PostgresPool) async throws {
        let perPage: Int64 = 5000
        var removed = perPage
        while removed == perPage {
            let rows = try await pool.query(
                """
                DELETE FROM unique_keys WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM unique_keys WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))
                """, [.int64(perPage)])
            removed = Int64(rows.affected)
        }
    }
}
