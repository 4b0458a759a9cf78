import Cron
package import Postgres
package import Primitives

/// Makes jobs of what is due: occurrence, job, counter and the next time in one transaction, so that a leader that dies at any statement has
/// fired or has not. Two that fire at once lock the schedule in turn, and the second finds it moved on.
package struct ScheduleFiring: Sendable {
    /// A job that was made, as the index wants it.
    package struct Fired: Sendable {
        package var id: JobID
        package var queue: String
        package var lane: String
        package var priority: Int16

        init(_ job: NewJob) {
            (id, queue, lane, priority) = (job.id, job.queue, job.lane, job.priority)
        }
    }

    private let pool: PostgresPool
    private let ids: IdentifierSource

    /// Schedules of one transaction; the due ones beyond are the next one's.
    private static let perTransaction = 20

    package init(pool: PostgresPool, ids: IdentifierSource = .system) {
        self.pool = pool
        self.ids = ids
    }

    /// Microseconds until the next planned time, 0 or less when something is to be done now; nil when nothing is planned. By the ledger's clock.
    package func timeUntilDue() async throws -> Int64? {
        let rows = try await pool.query(
            """
            SELECT least(
                (SELECT (extract(epoch FROM next_at - now()) * 1000000)::int8 FROM schedules
                    WHERE NOT paused AND next_at IS NOT NULL ORDER BY next_at LIMIT 1),
                (SELECT 0::int8 FROM schedules s WHERE NOT paused AND held_at IS NOT NULL AND \(Self.isFree) LIMIT 1))
            """)
        return try rows.first?.optionalInt64(0)
    }

    /// One transaction of what is due, for the leader of `term` only.
    /// - Parameter now: in place of the ledger's own.
    package func fire(term: LeaderTerm, now: Int64? = nil) async throws -> [Fired] {
        try await pool.withTransaction { connection in
            let rows = try await Self.lockDue(term, now: now, on: connection)
            guard let first = rows.first else { return [] }
            let now = try first.timestamp(ScheduleRow.columnCount)
            let schedules = try rows.map(ScheduleRow.init)
            let pending = try await Self.pending(schedules, on: connection)
            var batch = FiringBatch()
            for schedule in schedules {
                let open = schedule.definition.overlap == .allow ? schedule.openJobs : schedule.openJobs.filter(pending.contains)
                do {
                    let timetable = try Timetable(cron: schedule.definition.cron, timeZone: schedule.definition.timeZone)
                    let plan = FiringPlan.decide(schedule, timetable: timetable, isBusy: !open.isEmpty, now: now)
                    batch.add(plan, of: schedule, open: open, ids: ids)
                } catch {
                    // Written under another release or another table of time zones: it must not hold up the others.
                    try await Self.stop(schedule, "it cannot be read any more: \(error)", on: connection)
                }
            }
            let jobs = try await batch.write(on: connection)
            FaultPoint.reach("before-firing")
            return jobs.map(Fired.init)
        }
    }

    /// Whether the jobs of a schedule `s` have ended.
    private static let isFree = "NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = ANY (s.open_jobs) AND j.state = 'pending')"

    private static func lockDue(_ term: LeaderTerm, now: Int64?, on connection: PostgresConnection) async throws -> PostgresRows {
        let leads = try await connection.query(
            "SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters)
        guard !leads.isEmpty else { throw LedgerError.termLost }
        return try await connection.query(
            """
            SELECT \(ScheduleRow.columns), coalesce($5, now()) FROM schedules WHERE id IN (
                (SELECT id FROM schedules WHERE NOT paused AND next_at <= coalesce($5, now()) ORDER BY next_at LIMIT $4)
                UNION
                (SELECT id FROM schedules s WHERE NOT paused AND held_at IS NOT NULL AND \(isFree) LIMIT $4))
            AND EXISTS (SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now())
            AND NOT paused
            ORDER BY id FOR UPDATE SKIP LOCKED
            """,
            term.parameters + [.int64(Int64(perTransaction)), now.map { .timestamp(microsecondsSince1970: $0) } ?? .null])
    }

    private static func pending(_ schedules: [ScheduleRow], on connection: PostgresConnection) async throws -> Set<JobID> {
        let open = schedules.filter { $0.definition.overlap != .allow }.flatMap(\.openJobs)
        guard !open.isEmpty else { return [] }
        let rows = try await connection.query("SELECT id FROM jobs WHERE id = ANY ($1) AND state = 'pending'", [.ids(open.map(\.value))])
        return Set(try rows.map { JobID(try $0.id(0)) })
    }

    private static func stop(_ schedule: ScheduleRow, _ reason: String, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            "UPDATE schedules SET paused = true, paused_at = now(), paused_by = 'scheduler', paused_reason = $2 WHERE id = $1",
            [.id(schedule.id.value), .text(reason)])
    }
}
