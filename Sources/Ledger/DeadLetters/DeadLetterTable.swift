package import Postgres
package import Primitives

/// The two ways out for a dead letter: again, or never.
package enum DeadLetterMove: String, Sendable, CaseIterable {
    /// It waits again, due at once: the next attempt, with failures and reclaims forgotten, and a `notAfter` that has passed.
    case replay
    /// It is cancelled for good.
    case discard

    /// As the operators' record has it.
    package var action: String { "dead_letters.\(rawValue)" }
}

/// What became of one job that was named for a replay or a discard.
package enum DeadLetterResult: String, Sendable, CaseIterable {
    /// It waits again, or is discarded; with a dry run: it would.
    case done
    /// A job with its unique key is pending already, or is replayed by the same request.
    case uniqueKeyTaken = "unique_key_taken"
    /// The workspace has it, and it is no dead letter.
    case notDead = "not_dead"
    case notFound = "not_found"
}

/// Which dead letters a replay or a discard is for.
package enum DeadLetterSelection: Sendable {
    case ids([JobID])
    /// The oldest ones that match, up to the limit when there is one.
    case matching(DeadLetterFilter, limit: Int?)
}

/// A job that was buried.
package struct DeadLetter: Sendable {
    package var job: JobSummary
    /// Nil for a moment when a release without fingerprints buried it: the leader adds it.
    package var fingerprint: String?
}

/// Jobs that were buried.
package struct DeadLetterTable: Sendable {
    /// A replayed job, as the index wants it.
    package struct Replayed: Sendable {
        package var id: JobID
        package var queue: String
        package var lane: String
        package var priority: Int16
        package var laneKey: String?
    }

    package struct Report: Sendable {
        /// For ids: one a distinct id, in the order given. For a filter: those it chose, oldest first.
        package var results: [(id: JobID, result: DeadLetterResult)]
        /// What has to be pushed to the index; empty for a discard and for a dry run.
        package var replayed: [Replayed]

        package var doneCount: Int { results.count { $0.result == .done } }
    }

    /// Jobs moved in one transaction. What is for more is an operation, which the leader works off.
    package static let mostAtOnce = 1000

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, filter: DeadLetterFilter = DeadLetterFilter(), before: JobID?, limit: Int) async throws -> [DeadLetter] {
        let rows = try await pool.query(
            """
            SELECT \(JobSummary.columns), fingerprint FROM jobs
            WHERE workspace_id = $1 AND id < $2 AND \(filter.condition(from: 4))
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit))] + filter.parameters)
        return try rows.map { DeadLetter(job: try JobSummary($0), fingerprint: try $0.optionalText(JobSummary.columnCount)) }
    }

    /// Nil when the job is none, or not dead.
    package func find(_ id: JobID, workspace: WorkspaceID) async throws -> (letter: DeadLetter, found: JobTable.Found)? {
        guard let found = try await JobTable(pool: pool).find(id, workspace: workspace), found.job.state == JobState.dead.rawValue else { return nil }
        let rows = try await pool.query("SELECT fingerprint FROM jobs WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        return (DeadLetter(job: found.job, fingerprint: try rows.first?.optionalText(0)), found)
    }

    /// How many there are to move; beyond `most` it does not count.
    package func count(_ selection: DeadLetterSelection, workspace: WorkspaceID, most: Int = .max) async throws -> Int {
        let (filter, ids, limit) = selection.parts
        let rows = try await pool.query(
            "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE \(DeadLetterStatement.selected(filter, ids: ids)) LIMIT $3) t",
            DeadLetterStatement.parameters(filter, ids: ids, workspace: workspace, limit: min(limit ?? .max, most)))
        return Int(try rows.first?.int64(0) ?? 0)
    }
}

extension DeadLetterSelection {
    var parts: (filter: DeadLetterFilter, ids: [JobID]?, limit: Int?) {
        switch self {
        case .ids(let ids): (DeadLetterFilter(), ids, nil)
        case .matching(let filter, let limit): (filter, nil, limit)
        }
    }
}
