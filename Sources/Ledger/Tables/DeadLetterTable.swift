package import Postgres
package import Primitives

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

/// Jobs that were buried, and the two ways out for them: again, or never.
package struct DeadLetterTable: Sendable {
    package enum Selection: Sendable {
        case ids([JobID])
        /// The oldest ones that match, up to the limit. The filter's state is not looked at.
        case matching(JobTable.Filter, limit: Int)
    }

    /// A replayed job, as the index wants it.
    package struct Replayed: Sendable {
        package var id: JobID
        package var queue: String
        package var lane: String
        package var priority: Int16
    }

    package struct Report: Sendable {
        /// For ids: one a distinct id, in the order given. For a filter: those it chose, oldest first.
        package var results: [(id: JobID, result: DeadLetterResult)]
        /// What has to be pushed to the index; empty for a discard and for a dry run.
        package var replayed: [Replayed]

        package var doneCount: Int { results.count { $0.result == .done } }
    }

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, filter: JobTable.Filter = JobTable.Filter(), before: JobID?, limit: Int) async throws -> [JobSummary] {
        try await JobTable(pool: pool).list(workspace: workspace, filter: filter.dead, before: before, limit: limit)
    }

    /// Nil when the job is none, or not dead.
    package func find(_ id: JobID, workspace: WorkspaceID) async throws -> JobTable.Found? {
        guard let found = try await JobTable(pool: pool).find(id, workspace: workspace), found.job.state == JobState.dead.rawValue else { return nil }
        return found
    }

    /// Dead jobs wait again, due at once: the next attempt, with failures and reclaims forgotten. The caller tells the index, which the sweep
    /// would do as well, later.
    package func replay(_ selection: Selection, workspace: WorkspaceID, actor: String, isDryRun: Bool = false) async throws -> Report {
        try await move(selection, by: .replay, workspace: workspace, actor: actor, isDryRun: isDryRun)
    }

    /// Dead jobs are cancelled for good.
    package func discard(_ selection: Selection, workspace: WorkspaceID, actor: String, isDryRun: Bool = false) async throws -> Report {
        try await move(selection, by: .discard, workspace: workspace, actor: actor, isDryRun: isDryRun)
    }
}

extension JobTable.Filter {
    var dead: JobTable.Filter {
        var filter = self
        filter.state = .dead
        return filter
    }
}
