import Cron
package import Postgres
package import Primitives

/// Schedules and what became of their occurrences. `ScheduleFiring` makes the jobs.
package struct ScheduleTable: Sendable {
    package struct Occurrence: Sendable {
        /// The planned time; of a run by hand, when it was.
        package var at: Int64
        package var isManual: Bool
        /// `fired`, `waiting`, `overlap`, `missed` or `paused`.
        package var outcome: String
        /// Of the missed and the paused: the last planned time that it stands for.
        package var until: Int64?
        package var job: JobID?
        package var decidedAt: Int64
    }

    package struct Found: Sendable {
        package var schedule: ScheduleRow
        /// The latest ones, newest first.
        package var occurrences: [Occurrence]
        /// The ledger's time.
        package var now: Int64
    }

    static let mostInWorkspace = 1000
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func create(_ id: ScheduleID, _ definition: ScheduleDefinition, workspace: WorkspaceID) async throws -> Found {
        try await pool.withTransaction { try await Self.insert(id, definition, workspace: workspace, on: $0) }
    }

    /// The schedule as it is then, with nothing behind it yet.
    package static func insert(
        _ id: ScheduleID, _ definition: ScheduleDefinition, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> Found {
        let timetable = try Timetable(cron: definition.cron, timeZone: definition.timeZone)
        let state = try await connection.query("SELECT now(), count(*) FROM schedules WHERE workspace_id = $1", [.id(workspace.value)])
        let now = try state[0].timestamp(0)
        guard try state[0].int64(1) < mostInWorkspace else { throw ScheduleRefusal.tooMany(limit: mostInWorkspace) }
        guard let next = timetable.next(after: now) else { throw ScheduleRefusal.neverComes }
        let rows = try await refusingTakenNames {
            try await connection.query(
                """
                INSERT INTO schedules (id, workspace_id, \(definitionColumns), next_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING \(ScheduleRow.columns)
                """,
                [.id(id.value), .id(workspace.value)] + parameters(definition) + [.timestamp(microsecondsSince1970: next)])
        }
        return Found(schedule: try ScheduleRow(rows[0]), occurrences: [], now: now)
    }

    package func find(_ id: ScheduleID, workspace: WorkspaceID, occurrences: Int = 20) async throws -> Found? {
        let rows = try await pool.query(
            "SELECT \(ScheduleRow.columns), now() FROM schedules WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        guard let row = rows.first else { return nil }
        return Found(
            schedule: try ScheduleRow(row), occurrences: try await self.occurrences(of: id, limit: occurrences),
            now: try row.timestamp(ScheduleRow.columnCount))
    }

    package func id(named name: String, workspace: WorkspaceID) async throws -> ScheduleID? {
        let rows = try await pool.query("SELECT id FROM schedules WHERE workspace_id = $1 AND name = $2", [.id(workspace.value), .text(name)])
        return try rows.first.map { ScheduleID(try $0.id(0)) }
    }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, before: ScheduleID?, limit: Int) async throws -> [ScheduleRow] {
        let rows = try await pool.query(
            """
            SELECT \(ScheduleRow.columns) FROM schedules WHERE workspace_id = $1 AND id < $2 ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit))])
        return try rows.map(ScheduleRow.init)
    }

    private func occurrences(of id: ScheduleID, limit: Int) async throws -> [Occurrence] {
        let rows = try await pool.query(
            """
            SELECT at, manual, outcome, until, job_id, decided_at FROM schedule_occurrences WHERE schedule_id = $1
            ORDER BY schedule_id DESC, at DESC, manual DESC LIMIT $2
            """,
            [.id(id.value), .int64(Int64(limit))])
        return try rows.map { row in
            Occurrence(
                at: try row.timestamp(0), isManual: try row.bool(1), outcome: try row.text(2), until: try row.optionalTimestamp(3),
                job: try row.optionalID(4).map(JobID.init), decidedAt: try row.timestamp(5))
        }
    }

    /// The schedule that a job was made by.
    package func schedule(of job: JobID) async throws -> ScheduleID? {
        let rows = try await pool.query("SELECT schedule_id FROM schedule_occurrences WHERE job_id = $1", [.id(job.value)])
        return try rows.first.map { ScheduleID(try $0.id(0)) }
    }

    /// Deletes occurrences that are older than 30 days, up to the limit; the last one of each schedule stays.
    /// - Returns: how many.
    package func forgetOldOccurrences(limit: Int = 10_000) async throws -> Int {
        try await pool.query(
            """
            DELETE FROM schedule_occurrences o WHERE (schedule_id, at, manual) IN (
                SELECT schedule_id, at, manual FROM schedule_occurrences o WHERE at < now() - interval '30 days' AND (
                    EXISTS (SELECT 1 FROM schedule_occurrences n WHERE n.schedule_id = o.schedule_id AND n.at > o.at)
                    OR NOT EXISTS (SELECT 1 FROM schedules s WHERE s.id = o.schedule_id))
                ORDER BY at LIMIT $1)
            """,
            [.int64(Int64(limit))]
        ).affected
    }

    // MARK: for writers

    static let definitionColumns = """
        name, cron, time_zone, kind, queue, lane, priority, payload, max_attempts, catch_up, catch_up_limit, overlap
        """

    static func parameters(_ definition: ScheduleDefinition) -> [PostgresValue] {
        [
            .text(definition.name), .text(definition.cron), .text(definition.timeZone), .text(definition.kind), .text(definition.queue),
            .text(definition.lane), .int16(definition.priority), .text(definition.payload), .int32(definition.maxAttempts),
            .text(definition.catchUp.rawValue), .int32(definition.catchUpLimit), .text(definition.overlap.rawValue),
        ]
    }

    static func refusingTakenNames<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as PostgresError where error.code == .constraint("schedules_workspace_id_name_key") {
            throw ScheduleRefusal.nameTaken
        }
    }
}
