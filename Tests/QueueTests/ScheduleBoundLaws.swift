import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// What bounds a schedule and those who look at many of them.
@Suite struct ScheduleBoundLaws {
    @Test func `another time zone is planned anew`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make("30 4 * * *", at: "12:00:00")
            let moved = try await schedules.table.change(id, workspace: schedules.queue.workspace, actor: "cli") { row in
                var new = row.definition
                new.timeZone = "Asia/Tokyo"
                return new
            }
            #expect(moved?.definition.timeZone == "Asia/Tokyo" && moved?.nextAt ?? 0 > 1_750_000_000_000_000, "from now on")
            #expect(try await schedules.next(id) == "19:30:00", "nine hours ahead of UTC, all the year round")
        }
    }

    @Test func `a workspace has a thousand schedules and no more, another one has its own`() async throws {
        try await ScheduleFixture.run { schedules in
            let pool = schedules.queue.pool
            let id = try await schedules.make(at: "12:00:00")
            _ = try await pool.query(
                """
                INSERT INTO schedules SELECT (t.s).* FROM (
                    SELECT jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'name', 'n' || n)) AS s
                    FROM schedules s, generate_series(1, 998) n WHERE s.id = $1) t
                """, [.id(id.value)])
            _ = try await schedules.make(at: "12:00:00", name: "the last")
            await #expect(throws: ScheduleRefusal.tooMany(limit: 1000)) { _ = try await schedules.make(at: "12:00:00", name: "one more") }
            let other = WorkspaceID(IdentifierSource.system.next())
            try await WorkspaceTable(pool: pool).create(other, name: "other")
            let definition = ScheduleDefinition(name: "s", cron: "@daily", kind: "noop", queue: "default", lane: "lane", maxAttempts: 1)
            _ = try await schedules.table.create(IdentifierSource.system.next(), definition, workspace: other)
            #expect(try await schedules.queue.number("SELECT count(*) FROM schedules") == 1001)
        }
    }

    @Test func `a paused schedule is never due, whatever it has planned or holds`() async throws {
        try await ScheduleFixture.run { schedules in
            let (queue, firing) = (schedules.queue, schedules.firing)
            let planned = try await schedules.make(at: "12:00:00", name: "planned")
            let holding = try await schedules.make(at: "12:00:00", overlap: .queueOne, name: "holding")
            _ = try await queue.pool.query("UPDATE schedules SET held_at = next_at, next_at = NULL WHERE id = $1", [.id(holding.value)])
            #expect(try await firing.timeUntilDue() ?? 1 < 0)
            _ = try await schedules.table.pause(planned, workspace: queue.workspace, actor: "cli", reason: nil)
            #expect(try await firing.timeUntilDue() == 0, "what is held may go")
            _ = try await schedules.table.pause(holding, workspace: queue.workspace, actor: "cli", reason: nil)
            #expect(try await firing.timeUntilDue() == nil)
            #expect(try await schedules.fire(at: "12:00:00") == 0)
        }
    }

    @Test func `a schedule remembers its hundred latest jobs, however they were made`() async throws {
        try await ScheduleFixture.run { schedules in
            let (queue, table) = (schedules.queue, schedules.table)
            func open(_ id: ScheduleID) async throws -> [JobID] {
                try await queue.pool.query("SELECT unnest(open_jobs) FROM schedules WHERE id = $1", [.id(id.value)]).map { JobID(try $0.id(0)) }
            }
            let id = try await schedules.make("* * * * * *", at: "12:00:00", catchUp: .all, limit: 90)
            #expect(try await schedules.fire(at: "12:10:00") > 100)
            let fired = try await open(id)
            let latest = try await queue.pool.query(
                "SELECT job_id FROM schedule_occurrences WHERE job_id IS NOT NULL ORDER BY at DESC LIMIT 100").map { JobID(try $0.id(0)) }
            #expect(fired == latest.reversed())
            for _ in 0..<2 {
                let job = IdentifierSource.system.next(JobRow.self), before = try await open(id)
                _ = try await table.run(id, workspace: queue.workspace, actor: "cli", job: job)
                #expect(try await open(id) == before.dropFirst() + [job])
            }
        }
    }
}
