import Cron
package import Postgres
package import Primitives

/// What people do to a schedule; each is recorded among the operators' actions. Nil stands for a schedule that the workspace does not have.
extension ScheduleTable {
    /// Another time or time zone is planned anew from now on.
    package func change(
        _ id: ScheduleID, workspace: WorkspaceID, actor: String, _ edit: @Sendable (ScheduleRow) async throws -> ScheduleDefinition
    ) async throws -> ScheduleRow? {
        try await Self.refusingTakenNames {
            try await act("schedules.change", id, workspace: workspace, actor: actor) { schedule, now, connection in
                let new = try await edit(schedule)
                var nextAt = schedule.nextAt
                if new.cron != schedule.definition.cron || new.timeZone != schedule.definition.timeZone {
                    guard let next = try Timetable(cron: new.cron, timeZone: new.timeZone).next(after: now) else { throw ScheduleRefusal.neverComes }
                    nextAt = next
                }
                return try await connection.query(
                    """
                    UPDATE schedules SET (\(Self.definitionColumns), next_at, updated_at)
                        = ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now())
                    WHERE id = $1 RETURNING \(ScheduleRow.columns)
                    """,
                    [.id(id.value)] + Self.parameters(new) + [.optional(time: nextAt)])
            }
        }
    }

    /// Nothing fires any more; what is planned stays where it is. Of a paused one only the reason changes.
    package func pause(_ id: ScheduleID, workspace: WorkspaceID, actor: String, reason: String?) async throws -> ScheduleRow? {
        try await act("schedules.pause", id, workspace: workspace, actor: actor) { _, _, connection in
            try await connection.query(
                """
                UPDATE schedules SET paused = true, paused_at = coalesce(paused_at, now()), paused_by = $2, paused_reason = $3, updated_at = now()
                WHERE id = $1 RETURNING \(ScheduleRow.columns)
                """,
                [.id(id.value), .text(actor), .optional(reason)])
        }
    }

    /// Goes on with the next planned time.
    /// - Parameter catchesUp: what the pause held back is treated as missed, after the schedule's `CatchUp`; else it is skipped.
    package func resume(_ id: ScheduleID, workspace: WorkspaceID, actor: String, catchesUp: Bool) async throws -> ScheduleRow? {
        try await act("schedules.resume", id, workspace: workspace, actor: actor) { schedule, now, connection in
            var nextAt = schedule.nextAt
            if schedule.isPaused, !catchesUp, let skipped = schedule.nextAt, skipped <= now {
                nextAt = try Timetable(cron: schedule.definition.cron, timeZone: schedule.definition.timeZone).next(after: now)
                _ = try await connection.query(
                    """
                    INSERT INTO schedule_occurrences (schedule_id, at, outcome, until) VALUES ($1, $2, 'paused', $3)
                    ON CONFLICT (schedule_id, at, manual) DO NOTHING
                    """,
                    [.id(id.value), .timestamp(microsecondsSince1970: skipped), .timestamp(microsecondsSince1970: now)])
            }
            return try await connection.query(
                """
                UPDATE schedules SET paused = false, paused_at = NULL, paused_by = NULL, paused_reason = NULL, next_at = $2, updated_at = now()
                WHERE id = $1 RETURNING \(ScheduleRow.columns)
                """,
                [.id(id.value), .optional(time: nextAt)])
        }
    }

    /// Its jobs stay, and its occurrences until they are old. False when there is none.
    package func delete(_ id: ScheduleID, workspace: WorkspaceID, actor: String) async throws -> Bool {
        try await act("schedules.delete", id, workspace: workspace, actor: actor) { _, _, connection in
            try await connection.query("DELETE FROM schedules WHERE id = $1 RETURNING \(ScheduleRow.columns)", [.id(id.value)])
        } != nil
    }

    package func run(_ id: ScheduleID, workspace: WorkspaceID, actor: String, job: JobID) async throws -> ScheduleFiring.Fired? {
        try await pool.withTransaction { try await Self.run(id, workspace: workspace, actor: actor, job: job, on: $0) }
    }

    /// Fires at once, paused or not and whatever is pending; what is planned stays as it is. Nil when there is none.
    package static func run(
        _ id: ScheduleID, workspace: WorkspaceID, actor: String, job: JobID, on connection: PostgresConnection
    ) async throws -> ScheduleFiring.Fired? {
        guard let (schedule, _) = try await lock(id, workspace: workspace, on: connection) else { return nil }
        let new = schedule.job(job)
        _ = try await JobInsert.careful([new], slot: .any(), on: connection)
        // The clock, not now(): two runs that waited for each other must not be at one time.
        _ = try await connection.query(
            "INSERT INTO schedule_occurrences (schedule_id, at, manual, outcome, job_id) VALUES ($1, clock_timestamp(), true, 'fired', $2)",
            [.id(id.value), .id(job.value)])
        _ = try await connection.query(
            "UPDATE schedules SET open_jobs = (open_jobs || $2::uuid)[greatest(1, cardinality(open_jobs) + 2 - $3):] WHERE id = $1",
            [.id(id.value), .id(job.value), .int32(Int32(FiringBatch.mostOpen))])
        try await record("schedules.run", id, workspace: workspace, actor: actor, jobs: [job], on: connection)
        return ScheduleFiring.Fired(new)
    }

    private typealias Act = @Sendable (_ schedule: ScheduleRow, _ now: Int64, PostgresConnection) async throws -> PostgresRows

    private func act(_ action: String, _ id: ScheduleID, workspace: WorkspaceID, actor: String, _ act: Act) async throws -> ScheduleRow? {
        try await pool.withTransaction { connection in
            guard let (schedule, now) = try await Self.lock(id, workspace: workspace, on: connection) else { return nil }
            let rows = try await act(schedule, now, connection)
            try await Self.record(action, id, workspace: workspace, actor: actor, jobs: [], on: connection)
            return try rows.first.map(ScheduleRow.init)
        }
    }

    private static func lock(_ id: ScheduleID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> (ScheduleRow, now: Int64)? {
        let rows = try await connection.query(
            "SELECT \(ScheduleRow.columns), now() FROM schedules WHERE id = $1 AND workspace_id = $2 FOR UPDATE",
            [.id(id.value), .id(workspace.value)])
        return try rows.first.map { (try ScheduleRow($0), try $0.timestamp(ScheduleRow.columnCount)) }
    }

    private static func record(
        _ action: String, _ id: ScheduleID, workspace: WorkspaceID, actor: String, jobs: [JobID], on connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            "INSERT INTO operator_actions (workspace_id, actor, action, job_ids, subject) VALUES ($1, $2, $3, $4, $5)",
            [.id(workspace.value), .text(actor), .text(action), .ids(jobs.map(\.value)), .text(id.description)])
    }
}
