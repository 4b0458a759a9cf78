import Ledger
import Postgres
import Queue
import TestSupport
import Testing

@testable import Scheduler

@Suite struct SettingsDutyLaws {
    private func duty(_ stage: ProcessFixture) -> SettingsDuty {
        SettingsDuty(
            keeper: IndexKeeper(
                map: stage.map, redis: stage.redis, waiting: WaitingJobs(pool: stage.pool), lanes: LaneSettingsTable(pool: stage.pool),
                queues: QueueSettingsTable(pool: stage.pool), workers: WorkerTable(pool: stage.pool),
                leadership: Leadership(pool: stage.pool, holder: "s1"), logger: stage.logger))
    }

    @Test func `a lead begins with all settings, and goes on with what was changed`() async throws {
        try await ProcessFixture.run { stage in
            try await stage.openIndex(1)
            let first = try #require(try await Leadership(pool: stage.pool, holder: "s1").claim())
            var second = first
            second.term += 1
            let duty = duty(stage)
            try await stage.park("old")
            _ = try await stage.pool.query("UPDATE lanes SET updated_at = now() - interval '1 hour'")
            try await duty.run(term: first)
            #expect(try await stage.isParked("old") == true)

            // An index that knows nothing shows what it is told.
            try await stage.openIndex(2)
            try await duty.run(term: first)
            #expect(try await stage.isParked("old") == false, "it was told at the beginning")
            try await stage.park("new")
            try await duty.run(term: first)
            #expect(try await stage.isParked("new") == true)
            #expect(try await stage.isParked("old") == false)
            try await duty.run(term: second)
            #expect(try await stage.isParked("old") == true, "another lead knows of nobody's telling")
        }
    }

    @Test func `a lead whose first telling failed begins with all settings again`() async throws {
        try await ProcessFixture.run { stage in
            try await stage.openIndex(1)
            let term = try #require(try await Leadership(pool: stage.pool, holder: "s1").claim())
            let duty = duty(stage)
            try await stage.park("old")
            _ = try await stage.pool.query("UPDATE lanes SET updated_at = now() - interval '1 hour'")
            _ = try await stage.pool.query("ALTER TABLE lanes RENAME TO hidden")
            await #expect(throws: PostgresError.self) { try await duty.run(term: term) }
            _ = try await stage.pool.query("ALTER TABLE hidden RENAME TO lanes")
            try await duty.run(term: term)
            #expect(try await stage.isParked("old") == true)
        }
    }
}
