import Ledger
import Postgres
import Primitives
import Queue
import Redis
import TestSupport
import Testing

@testable import Chaos

@Suite struct Auditors {
    @Test func `books that were wrong for a moment are told at the end`() async throws {
        let folder = try TemporaryDirectory()
        let stack = try await StoreStack.start(in: folder.path, disk: nil)
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { try await stack.pool.run() }
                group.addTask { try await stack.index.run() }
                defer { group.cancelAll() }
                _ = try await Migrator(LedgerMigrations.all).apply(on: stack.pool)
                for shard in QueueMap().shards {
                    let index = LaneIndex(shard: shard, redis: stack.index)
                    _ = try await index.reset(to: 1)
                    try await index.open(1)
                }
                let auditor = Auditor(stack: stack, clock: RunClock())
                #expect(try await auditor.differences() == [])
                group.addTask { try await auditor.watch() }
                _ = try await stack.pool.query("UPDATE ledger_counters SET accepted = accepted + 1 WHERE slot = 7")
                try await eventually("it is seen") { !auditor.found.isEmpty }
                _ = try await stack.pool.query("UPDATE ledger_counters SET accepted = accepted - 1 WHERE slot = 7")
                let told = try await auditor.differences()
                #expect(!told.isEmpty)
                for line in told { #expect(line.hasPrefix("at ") && line.contains("accepted = succeeded + dead + cancelled + pending: 1 against 0")) }
            }
        } catch {
            await stack.stop()
            throw error
        }
        await stack.stop()
    }
}
