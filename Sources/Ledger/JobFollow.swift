import Postgres
package import Primitives

/// A job that becomes available when another one has succeeded.
package struct JobFollow: Sendable, Hashable {
    package var predecessor: JobID
    package var follower: JobID

    package init(predecessor: JobID, follower: JobID) {
        self.predecessor = predecessor
        self.follower = follower
    }

    /// Stores who waits for whom, in the transaction that inserted the jobs.
    ///
    /// A predecessor that turned out to be a job which exists already is waited for all the same, unless it has succeeded. A follower that turned
    /// out to exist already is left as it is: it was asked for without this condition.
    /// - Returns: `accepted`, with what is due at once after all.
    static func attach(
        _ follows: [JobFollow], of jobs: [NewJob], accepted: [AcceptedJob], on connection: PostgresConnection
    ) async throws -> [AcceptedJob] {
        guard !follows.isEmpty else { return accepted }
        var answers: [JobID: AcceptedJob] = [:]
        for (job, answer) in zip(jobs, accepted) { answers[job.id] = answer }
        var wanted: Set<JobFollow> = []
        var others: Set<JobID> = []
        for follow in follows where answers[follow.follower]?.isDuplicate == false {
            guard let predecessor = answers[follow.predecessor] else { continue }
            wanted.insert(JobFollow(predecessor: predecessor.id, follower: follow.follower))
            if predecessor.isDuplicate { others.insert(predecessor.id) }
        }
        let open = try await open(others, on: connection)
        let kept = wanted.filter { !others.contains($0.predecessor) || open.contains($0.predecessor) }
        if !kept.isEmpty {
            _ = try await connection.query(
                "INSERT INTO job_follows (predecessor_id, follower_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])",
                [.ids(kept.map(\.predecessor.value)), .ids(kept.map(\.follower.value))])
        }
        let delays = try await recount(kept, of: jobs.filter { answers[$0.id]?.isDuplicate == false }, on: connection)
        return zip(jobs, accepted).map { job, answer in
            guard let delay = delays[job.id] else { return answer }
            var answer = answer
            (answer.delay, answer.isBlocked) = (max(0, delay), delay < 0)
            return answer
        }
    }

    /// Those of the given jobs that have not succeeded. They are locked and marked, so that whoever settles them looks for followers.
    private static func open(_ ids: Set<JobID>, on connection: PostgresConnection) async throws -> Set<JobID> {
        guard !ids.isEmpty else { return [] }
        let rows = try await connection.query(
            "UPDATE jobs SET has_followers = true WHERE id = ANY ($1::uuid[]) AND state <> 'succeeded' RETURNING id",
            [.ids(ids.sorted().map(\.value))])
        return Set(try rows.map { JobID(try $0.id(0)) })
    }

    /// Corrects how many jobs are waited for where that is fewer than the request said: some have succeeded, or two are one.
    private static func recount(_ follows: Set<JobFollow>, of jobs: [NewJob], on connection: PostgresConnection) async throws -> [JobID: Int64] {
        var counts: [JobID: Int32] = [:]
        for follow in follows { counts[follow.follower, default: 0] += 1 }
        let wrong = jobs.filter { $0.blockedBy != counts[$0.id, default: 0] }
        guard !wrong.isEmpty else { return [:] }
        let rows = try await connection.query(
            """
            UPDATE jobs SET blocked_by = t.n, delayed = t.n > 0 OR coalesce(due_at > now(), false),
                run_at = CASE WHEN t.n > 0 THEN 'infinity' ELSE greatest(now(), due_at) END
            FROM unnest($1::uuid[], $2::int4[]) AS t (wrong_id, n) WHERE id = wrong_id
            RETURNING id, \(JobInsert.delay)
            """,
            [.ids(wrong.map(\.id.value)), .int32s(wrong.map { counts[$0.id, default: 0] })])
        var delays: [JobID: Int64] = [:]
        for row in rows { delays[JobID(try row.id(0))] = try row.int64(1) }
        return delays
    }
}
