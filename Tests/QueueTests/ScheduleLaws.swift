import Cron
import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// One occurrence, one job, whoever fires and whatever dies.
@Suite struct ScheduleLaws {
    @Test func `an occurrence that is due makes one job, and the books balance`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make("*/5 * * * *", at: "12:00:00")
            #expect(try await schedules.fire(at: "11:59:59") == 0)
            #expect(try await schedules.fire(at: "12:00:00") == 1)
            #expect(try await schedules.fire(at: "12:00:01") == 0)
            #expect(try await schedules.occurrences(id) == ["12:00:00 fired"])
            #expect(try await schedules.next(id) == "12:05:00")
            let books = try await schedules.queue.audit.books()
            #expect(books.accepted == 1 && books.pending == 1 && books.differences == [])
        }
    }

    @Test func `one occurrence fires once with many firing at once`() async throws {
        try await ScheduleFixture.run { schedules in
            for number in 0..<30 { _ = try await schedules.make("* * * * *", at: "12:00:00", name: "s\(number)") }
            let made = try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        var made = 0
                        for _ in 0..<5 { made += try await schedules.fire(at: "12:00:30") }
                        return made
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(made == 30)
            #expect(try await schedules.jobs() == 30)
            #expect(try await schedules.queue.audit.books().differences == [])
        }
    }

    /// As when the lead passes on between a firing and the word of it: the row of the occurrence is the last word.
    @Test func `an occurrence that has its row is not fired again`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make(at: "12:00:00")
            try await schedules.fire(at: "12:00:00")
            try await schedules.plan(id, at: "12:00:00")
            #expect(try await schedules.fire(at: "12:00:00") == 0)
            #expect(try await schedules.jobs() == 1)
            #expect(try await schedules.next(id) == "12:01:00")
            #expect(try await schedules.queue.audit.books().differences == [])
        }
    }

    @Test func `a leader whose term is over fires nothing`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make(at: "12:00:00")
            try await Leadership(pool: schedules.queue.pool, holder: "s1").resign(schedules.term)
            let next = try #require(try await Leadership(pool: schedules.queue.pool, holder: "s2").claim())
            await #expect(throws: LedgerError.self) { try await schedules.fire(at: "12:00:00") }
            #expect(try await schedules.occurrences(id) == [])
            #expect(try await schedules.fire(at: "12:00:00", term: next) == 1)
        }
    }

    @Test func `a change of leaders misses nothing: what is less than a minute late fires`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make("*/20 * * * * *", at: "12:00:00")
            #expect(try await schedules.fire(at: "12:00:55") == 3)
            #expect(try await schedules.occurrences(id) == ["12:00:00 fired", "12:00:20 fired", "12:00:40 fired"])
        }
    }

    @Test(arguments: [
        (CatchUp.none, 100, ["12:00:00-14:00:00 missed", "15:00:00 fired"], "16:00:00"),
        (.latest, 100, ["12:00:00-13:00:00 missed", "14:00:00 fired", "15:00:00 fired"], "16:00:00"),
        (.all, 2, ["12:00:00-12:00:00 missed", "13:00:00 fired", "14:00:00 fired", "15:00:00 fired"], "16:00:00"),
        (.all, 100, ["12:00:00 fired", "13:00:00 fired", "14:00:00 fired", "15:00:00 fired"], "16:00:00"),
    ])
    func `what was missed is made up for by the catch-up policy`(policy: CatchUp, limit: Int32, expected: [String], next: String) async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make("0 * * * *", at: "12:00:00", catchUp: policy, limit: limit)
            try await schedules.fire(at: "15:00:30")
            #expect(try await schedules.occurrences(id) == expected)
            #expect(try await schedules.next(id) == next)
            #expect(try await schedules.jobs() == Int64(expected.count { $0.hasSuffix("fired") }))
            #expect(try await schedules.queue.audit.books().differences == [])
        }
    }

    /// Two years of every second: only the last of them are looked at.
    @Test(.timeLimit(.minutes(1))) func `a long absence is caught up in one bounded step`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make("* * * * * *", at: "12:00:00", catchUp: .all, limit: 50)
            _ = try await schedules.queue.pool.query("UPDATE schedules SET next_at = '2023-06-01 12:00:00Z'")
            #expect(try await schedules.fire(at: "12:00:00") == 50 + 61)
            #expect(try await schedules.occurrences(id).first == "11:58:21 fired", "the last hundred rows are from here on")
            #expect(try await schedules.fire(at: "12:00:00") == 0)
        }
    }

    @Test func `an overlap that is skipped makes no job while the one before is pending`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make(at: "12:00:00", overlap: .skip)
            for minute in 0..<3 { try await schedules.fire(at: "12:0\(minute):00") }
            try await schedules.endJobs()
            try await schedules.fire(at: "12:03:00")
            #expect(try await schedules.occurrences(id) == ["12:00:00 fired", "12:01:00 overlap", "12:02:00 overlap", "12:03:00 fired"])
        }
    }

    @Test func `one overlap waits for the job before it, and no more than one`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make(at: "12:00:00", overlap: .queueOne)
            for minute in 0..<3 { try await schedules.fire(at: "12:0\(minute):00") }
            #expect(try await schedules.occurrences(id) == ["12:00:00 fired", "12:01:00 waiting", "12:02:00 overlap"])
            #expect(try await schedules.fire(at: "12:02:10") == 0)
            #expect(try await schedules.jobs() == 1)
            try await schedules.endJobs()
            #expect(try await schedules.firing.timeUntilDue().map { $0 <= 0 } == true)
            #expect(try await schedules.fire(at: "12:02:20") == 1)
            #expect(try await schedules.fire(at: "12:02:20") == 0)
            try await schedules.fire(at: "12:03:00")
            #expect(
                try await schedules.occurrences(id) == ["12:00:00 fired", "12:01:00 fired", "12:02:00 overlap", "12:03:00 waiting"])
        }
    }

    @Test func `a paused schedule fires nothing, and what it held back is skipped unless asked for`() async throws {
        try await ScheduleFixture.run { schedules in
            let (table, workspace) = (schedules.table, schedules.queue.workspace)
            let id = try await schedules.make(at: "12:00:00", catchUp: .latest)
            let paused = try #require(try await table.pause(id, workspace: workspace, actor: "cli", reason: "holidays"))
            #expect(paused.isPaused && paused.pausedBy == "cli" && paused.pausedReason == "holidays")
            #expect(try await schedules.fire(at: "12:00:00") == 0)
            let resumed = try #require(try await table.resume(id, workspace: workspace, actor: "cli", catchesUp: false))
            #expect(!resumed.isPaused && resumed.pausedReason == nil && resumed.nextAt ?? 0 > paused.nextAt ?? 0)
            #expect(try await schedules.occurrences(id).map { $0.hasPrefix("12:00:00-") && $0.hasSuffix("paused") } == [true])

            try await schedules.plan(id, at: "13:00:00")
            _ = try await table.pause(id, workspace: workspace, actor: "cli", reason: nil)
            _ = try await table.resume(id, workspace: workspace, actor: "cli", catchesUp: true)
            #expect(try await schedules.fire(at: "15:00:30") == 2, "the latest missed one, and the one that is due")
        }
    }

    @Test func `a run by hand fires at once and leaves the plan alone`() async throws {
        try await ScheduleFixture.run { schedules in
            let (table, workspace) = (schedules.table, schedules.queue.workspace)
            let id = try await schedules.make(at: "12:00:00", overlap: .skip)
            _ = try await table.pause(id, workspace: workspace, actor: "cli", reason: nil)
            for _ in 0..<2 {
                let job = IdentifierSource.system.next(JobRow.self)
                guard let fired = try await table.run(id, workspace: workspace, actor: "cli", job: job) else {
                    throw NeverHappened("it runs")
                }
                #expect(fired.id == job)
                #expect(try await table.schedule(of: job) == id)
            }
            #expect(try await schedules.next(id) == "12:00:00")
            #expect(try await schedules.jobs() == 2)
            _ = try await table.resume(id, workspace: workspace, actor: "cli", catchesUp: true)
            try await schedules.fire(at: "12:00:00")
            #expect(try await schedules.occurrences(id) == ["12:00:00 overlap", "manual fired", "manual fired"], "its jobs count as the schedule's")
            #expect(try await schedules.queue.audit.books().differences == [])
            let actions = try await schedules.queue.pool.query("SELECT action, subject FROM operator_actions ORDER BY id")
            #expect(try actions.map { try $0.text(0) } == ["schedules.pause", "schedules.run", "schedules.run", "schedules.resume"])
            #expect(try actions.allSatisfy { try $0.text(1) == id.description })
        }
    }

    @Test func `another time is planned anew, other changes leave the plan alone`() async throws {
        try await ScheduleFixture.run { schedules in
            let (table, workspace) = (schedules.table, schedules.queue.workspace)
            let id = try await schedules.make(at: "12:00:00")
            _ = try await table.change(id, workspace: workspace, actor: "cli") { row in
                var new = row.definition
                new.payload = #"{"n":1}"#
                return new
            }
            #expect(try await schedules.next(id) == "12:00:00")
            let moved = try await table.change(id, workspace: workspace, actor: "cli") { row in
                var new = row.definition
                new.cron = "30 4 * * *"
                return new
            }
            #expect(moved?.nextAt ?? 0 > 1_750_000_000_000_000, "from now on")
            #expect(try await schedules.next(id) == "04:30:00")
            await #expect(throws: ScheduleRefusal.neverComes) {
                try await table.change(id, workspace: workspace, actor: "cli") { row in
                    var new = row.definition
                    new.cron = "0 0 30 2 *"
                    return new
                }
            }
        }
    }

    @Test func `a workspace does not see, change or run another's schedule`() async throws {
        try await ScheduleFixture.run { schedules in
            let table = schedules.table
            let id = try await schedules.make(at: "12:00:00")
            let stranger = WorkspaceID(IdentifierSource.system.next())
            #expect(try await table.find(id, workspace: stranger) == nil)
            #expect(try await table.list(workspace: stranger, before: nil, limit: 10).isEmpty)
            #expect(try await table.pause(id, workspace: stranger, actor: "x", reason: nil) == nil)
            #expect(try await table.resume(id, workspace: stranger, actor: "x", catchesUp: false) == nil)
            #expect(try await table.run(id, workspace: stranger, actor: "x", job: IdentifierSource.system.next()) == nil)
            #expect(try await table.delete(id, workspace: stranger, actor: "x") == false)
            #expect(try await table.change(id, workspace: stranger, actor: "x") { $0.definition } == nil)
            #expect(try await schedules.queue.pool.query("SELECT 1 FROM operator_actions").isEmpty)
        }
    }

    @Test func `a deleted schedule leaves its jobs`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make(at: "12:00:00")
            try await schedules.fire(at: "12:00:00")
            #expect(try await schedules.table.delete(id, workspace: schedules.queue.workspace, actor: "cli"))
            #expect(try await schedules.fire(at: "12:05:00") == 0)
            #expect(try await schedules.jobs() == 1)
        }
    }

    @Test func `a schedule that cannot be read any more stops alone`() async throws {
        try await ScheduleFixture.run { schedules in
            let broken = try await schedules.make(at: "12:00:00", name: "broken")
            _ = try await schedules.make(at: "12:00:00", name: "sound")
            _ = try await schedules.queue.pool.query("UPDATE schedules SET time_zone = 'Mars/Olympus' WHERE id = $1", [.id(broken.value)])
            #expect(try await schedules.fire(at: "12:00:00") == 1)
            let row = try #require(try await schedules.table.find(broken, workspace: schedules.queue.workspace)).schedule
            #expect(row.isPaused && row.pausedBy == "scheduler" && row.pausedReason?.contains("time zone") == true)
        }
    }

    @Test func `old occurrences are forgotten, the last of a schedule is not`() async throws {
        try await ScheduleFixture.run { schedules in
            let id = try await schedules.make("*/20 * * * * *", at: "12:00:00")
            try await schedules.fire(at: "12:00:40")
            #expect(try await schedules.table.forgetOldOccurrences() == 2)
            #expect(try await schedules.occurrences(id) == ["12:00:40 fired"])
            _ = try await schedules.table.delete(id, workspace: schedules.queue.workspace, actor: "cli")
            #expect(try await schedules.table.forgetOldOccurrences() == 1)
        }
    }

    @Test func `a fired job is in the index at once, and a turn waits for what is due in a moment`() async throws {
        try await ScheduleFixture.run { schedules in
            let queue = schedules.queue
            let id = try await schedules.make("0 0 1 1 *", at: "12:00:00")
            _ = try await queue.pool.query(
                "UPDATE schedules SET next_at = now() + interval '200 milliseconds' WHERE id = $1", [.id(id.value)])
            try await queue.join("w1")
            let keeper = ScheduleKeeper(map: queue.map, redis: queue.redis, tuning: queue.index.tuning, firing: schedules.firing)
            try await keeper.run(term: schedules.term)
            let claims = try await queue.step().claims
            #expect(claims.count == 1 && claims.first?.entry == .secondHand)
        }
    }
}
