import Postgres
package import Primitives

extension JobConfirmation {
    /// Ends jobs that may not start any more.
    func end(_ jobs: [(id: JobID, attempt: Int32)], _ answers: [JobID: Answer]) async throws -> [JobID: Answer] {
        let ended = try await JobCancellation(pool: pool).settle(jobs)
        var answers = answers
        for (id, _) in jobs {
            // One that moved on in between is looked at again.
            answers[id] = ended.ids.contains(id) ? .over : .wait(Self.secondLook)
        }
        return answers
    }

    /// Those that somebody wants cancelled.
    package func marked(among ids: [JobID]) async throws -> [JobID] {
        let rows = try await pool.query(
            "SELECT id FROM jobs WHERE id = ANY ($1::uuid[]) AND state = 'pending' AND cancel_reason IS NOT NULL", [.ids(ids.map(\.value))])
        return try rows.map { JobID(try $0.id(0)) }
    }

    /// Microseconds.
    private static var secondLook: Int64 { 100_000 }
}
