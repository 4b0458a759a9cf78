import Ledger
import Postgres
import Primitives
import Queue
import TestSupport

/// Schedules of a test, and a clock that it sets: the ledger's own is asked where none is given.
struct ScheduleFixture {
    let queue: QueueFixture
    let term: LeaderTerm

    var table: ScheduleTable { ScheduleTable(pool: queue.pool) }
    var firing: ScheduleFiring { ScheduleFiring(pool: queue.pool) }

    static func run(_ body: @Sendable (ScheduleFixture) async throws -> Void) async throws {
        try await QueueFixture.run { queue in
            try await WorkspaceTable(pool: queue.pool).create(queue.workspace, name: "test")
            guard let term = try await Leadership(pool: queue.pool, holder: "s1", lease: .seconds(600)).claim() else {
                throw NeverHappened("the lead is free")
            }
            try await body(ScheduleFixture(queue: queue, term: term))
        }
    }

    /// Planned for the given time, as if it had been made before it.
    func make(
        _ cron: String = "* * * * *", at next: String, catchUp: CatchUp = .none, limit: Int32 = 100, overlap: Overlap = .allow, name: String = "s"
    ) async throws -> ScheduleID {
        let definition = ScheduleDefinition(
            name: name, cron: cron, kind: "noop", queue: "default", lane: "lane", maxAttempts: 3, catchUp: catchUp, catchUpLimit: limit,
            overlap: overlap)
        let id = IdentifierSource.system.next(Schedule.self)
        _ = try await table.create(id, definition, workspace: queue.workspace)
        try await plan(id, at: next)
        return id
    }

    func plan(_ id: ScheduleID, at next: String) async throws {
        _ = try await queue.pool.query(
            "UPDATE schedules SET next_at = $2 WHERE id = $1", [.id(id.value), .timestamp(microsecondsSince1970: try time(next))])
    }

    /// How many jobs one firing made.
    @discardableResult
    func fire(at now: String, term: LeaderTerm? = nil) async throws -> Int {
        try await firing.fire(term: term ?? self.term, now: try time(now)).count
    }

    /// `12:00 fired`, oldest first; `12:00-12:05 missed` where a row stands for several.
    func occurrences(_ id: ScheduleID) async throws -> [String] {
        guard let found = try await table.find(id, workspace: queue.workspace, occurrences: 100) else { return [] }
        return found.occurrences.reversed().map { occurrence in
            if occurrence.isManual { return "manual \(occurrence.outcome)" }
            return Self.clock(occurrence.at) + (occurrence.until.map { "-" + Self.clock($0) } ?? "") + " " + occurrence.outcome
        }
    }

    func next(_ id: ScheduleID) async throws -> String? {
        try await table.find(id, workspace: queue.workspace)?.schedule.nextAt.map(Self.clock)
    }

    func jobs(_ state: String = "pending") async throws -> Int64 {
        try await queue.pool.query("SELECT count(*) FROM jobs WHERE state = $1::text::job_state", [.text(state)])[0].int64(0)
    }

    /// Every pending job has succeeded, as far as schedules can see.
    func endJobs() async throws { _ = try await queue.pool.query("UPDATE jobs SET state = 'succeeded' WHERE state = 'pending'") }

    private func time(_ text: String) throws -> Int64 {
        guard let time = RFC3339.parse("2025-06-01T\(text)Z") else { throw NeverHappened("\(text) is a time") }
        return time
    }

    private static func clock(_ time: Int64) -> String { String(RFC3339.text(time).dropFirst(11).prefix(8)) }
}
