import Postgres
import Primitives

/// The rows of one firing transaction, written in four statements however many schedules there are.
struct FiringBatch {
    private struct Occurrence {
        var schedule: ScheduleID
        var decision: FiringPlan.Decision
        var job: NewJob?
    }
    private struct Advance {
        var row: ScheduleRow
        var nextAt: Int64?
        var lastAt: Int64?
        var heldAt: Int64?
        var open: [JobID]
    }

    private var occurrences: [Occurrence] = []
    private var released: [Occurrence] = []
    private var advances: [Advance] = []

    /// Of `open_jobs`: more than one is pending only after runs by hand, or where overlaps are allowed and nobody asks.
    static let mostOpen = 100

    mutating func add(_ plan: FiringPlan, of schedule: ScheduleRow, open: [JobID], ids: IdentifierSource) {
        var advance = Advance(row: schedule, nextAt: plan.nextAt, heldAt: schedule.heldAt, open: open)
        if plan.releasesHeld, let at = schedule.heldAt {
            let job = schedule.job(ids.next())
            released.append(Occurrence(schedule: schedule.id, decision: FiringPlan.Decision(at: at, outcome: .fired), job: job))
            advance.open.append(job.id)
            (advance.heldAt, advance.lastAt) = (nil, at)
        }
        for decision in plan.decisions {
            let job = decision.outcome == .fired ? schedule.job(ids.next()) : nil
            occurrences.append(Occurrence(schedule: schedule.id, decision: decision, job: job))
            if let job {
                advance.open.append(job.id)
                advance.lastAt = decision.at
            }
            if decision.outcome == .waiting { advance.heldAt = decision.at }
        }
        advances.append(advance)
    }

    /// The jobs that were made: one for each occurrence that had not been dealt with.
    func write(on connection: PostgresConnection) async throws -> [NewJob] {
        guard !advances.isEmpty else { return [] }
        let new = try await insert(on: connection) + release(on: connection)
        _ = try await JobInsert.careful(new, slot: .any(), on: connection)
        let moved = try await connection.query(
            """
            UPDATE schedules s SET next_at = t.next_at, last_at = coalesce(t.last_at, s.last_at), held_at = t.held_at,
                open_jobs = string_to_array(t.open, ',')::uuid[]
            FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[])
                AS t (id, was_next, next_at, last_at, held_at, open)
            WHERE s.id = t.id AND s.next_at IS NOT DISTINCT FROM t.was_next
            """,
            [
                .ids(advances.map(\.row.id.value)), .optionalTimestamps(advances.map(\.row.nextAt)), .optionalTimestamps(advances.map(\.nextAt)),
                .optionalTimestamps(advances.map(\.lastAt)), .optionalTimestamps(advances.map(\.heldAt)),
                .texts(advances.map { $0.open.suffix(Self.mostOpen).map(\.value.uuid).joined(separator: ",") }),
            ])
        // The rows are locked: this cannot be, and if it is, nothing was fired.
        guard moved.affected == advances.count else { throw LedgerError.changedMeanwhile }
        return new
    }

    private func insert(on connection: PostgresConnection) async throws -> [NewJob] {
        guard !occurrences.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            INSERT INTO schedule_occurrences (schedule_id, at, outcome, until, job_id)
            SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::uuid[])
            ON CONFLICT (schedule_id, at, manual) DO NOTHING RETURNING job_id
            """,
            [
                .ids(occurrences.map(\.schedule.value)), .timestamps(occurrences.map(\.decision.at)),
                .texts(occurrences.map(\.decision.outcome.rawValue)), .optionalTimestamps(occurrences.map(\.decision.until)),
                .optionalIDs(occurrences.map(\.job?.id.value)),
            ])
        return try Self.jobs(of: occurrences, in: rows)
    }

    private func release(on connection: PostgresConnection) async throws -> [NewJob] {
        guard !released.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            UPDATE schedule_occurrences o SET outcome = 'fired', job_id = t.job_id, decided_at = now()
            FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) AS t (schedule_id, at, job_id)
            WHERE o.schedule_id = t.schedule_id AND o.at = t.at AND NOT o.manual AND o.outcome = 'waiting'
            RETURNING o.job_id
            """,
            [.ids(released.map(\.schedule.value)), .timestamps(released.map(\.decision.at)), .optionalIDs(released.map(\.job?.id.value))])
        return try Self.jobs(of: released, in: rows)
    }

    private static func jobs(of occurrences: [Occurrence], in rows: PostgresRows) throws -> [NewJob] {
        let written = Set(try rows.compactMap { try $0.optionalID(0) })
        return occurrences.compactMap(\.job).filter { written.contains($0.id.value) }
    }
}

extension ScheduleRow {
    /// The job of one occurrence.
    func job(_ id: JobID) -> NewJob {
        NewJob(
            id: id, workspace: workspace, kind: definition.kind, queue: definition.queue, lane: definition.lane, priority: definition.priority,
            payload: definition.payload, maxAttempts: definition.maxAttempts)
    }
}
