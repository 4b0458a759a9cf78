import Ledger
import Postgres
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

@Suite struct FleetWatchLaws {
    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { time.withLock(\.self) }
        func advance(_ seconds: Int) { time.withLock { $0 += .seconds(seconds) } }
    }

    @Test func `figures older than half a minute are not shown, whatever the ledger does`() async throws {
        try await ProcessFixture.run { stage in
            let clock = Clock()
            let watch = FleetWatch(pool: stage.pool) { clock.now }
            #expect(watch.reading == nil)
            try await WorkerTable(pool: stage.pool).report(IdentifierSource.system.next(), host: "h", pid: 1, release: "1", queues: "{}")
            _ = try await stage.pool.query(
                "INSERT INTO queue_samples (queue, due, scheduled, dead, sampled_at) VALUES ('default', 7, 0, 0, now())")
            await watch.look()
            let reading = try #require(watch.reading)
            #expect(reading.workers == 1 && reading.samples.map(\.queue) == ["default"] && reading.samples[0].due == 7)

            clock.advance(20)
            _ = try await stage.pool.query("ALTER TABLE queue_samples RENAME TO hidden")
            await watch.look()
            clock.advance(9)
            #expect(watch.reading?.workers == 1, "29 s old")
            clock.advance(1)
            #expect(watch.reading == nil, "no look since has made them younger")
            _ = try await stage.pool.query("ALTER TABLE hidden RENAME TO queue_samples")
            await watch.look()
            #expect(watch.reading?.workers == 1)
        }
    }
}
