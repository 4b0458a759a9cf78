import Ledger
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Queue

/// What is set for queues, and what their runners get of a process.
@Suite struct BrokerLaws {
    private func set(
        _ name: String, in queue: QueueFixture, then feed: QueueFeed, _ change: (inout QueueSettingsTable.Change) -> Void
    ) async throws {
        var changed = QueueSettingsTable.Change()
        change(&changed)
        _ = try await QueueSettingsTable(pool: queue.pool).change(changed, of: name, workspace: queue.workspace, actor: "test")
        try await feed.refresh()
    }

    @Test func `a process is shared by the weights, priorities and limits that are set for its queues`() async throws {
        try await QueueFixture.run(opens: false) { queue in
            let feed = QueueFeed(table: QueueSettingsTable(pool: queue.pool), logger: queue.logger)
            let broker = AttemptBroker(total: 8, feed: feed)
            let seats = ["a", "b"].map { broker.join(queue: $0, slots: 8, wakeup: Wakeup()) }
            /// When both want all of it. What they want is known when each has asked once.
            func shares() -> [Int] {
                for seat in seats { _ = broker.ask(seat, active: 0, free: 8, isHungry: true) }
                return seats.map { broker.ask($0, active: 0, free: 8, isHungry: true) }
            }
            #expect(shares() == [4, 4])
            try await set("a", in: queue, then: feed) { $0.weight = 3 }
            #expect(shares() == [6, 2])
            try await set("b", in: queue, then: feed) { $0.priority = 1 }
            #expect(shares() == [0, 8], "a higher priority goes first, whatever the weights")
            try await set("b", in: queue, then: feed) { $0.processConcurrency = 5 }
            #expect(shares() == [3, 5], "and no further than its limit")
            try await set("b", in: queue, then: feed) { $0.processConcurrency = 100 }
            #expect(shares() == [0, 8], "a limit adds no slots")
        }
    }

    @Test func `a runner runs no more at once than is set for its queue in one process`() async throws {
        var tuning = IndexTuning()
        tuning.beat = .milliseconds(50)
        try await QueueFixture.run(tuning: tuning) { queue in
            let feed = QueueFeed(table: QueueSettingsTable(pool: queue.pool), logger: queue.logger)
            try await set("default", in: queue, then: feed) { $0.processConcurrency = 2 }
            let gate = Gate()
            let kinds = ScriptedKinds { _ in
                await gate.pass()
                return .succeeded()
            }
            let jobs = try await queue.commit(queue.newJobs(6))
            try await queue.push(jobs)
            try await queue.withWorker(kinds, slots: 16, broker: AttemptBroker(total: 16, feed: feed)) { runner in
                try await eventually("two run") { kinds.runs.withLock { $0.count } == 2 }
                try await queue.awaitSteps()
                #expect(kinds.runs.withLock { $0.count } == 2 && runner.load.active == 2)
                try await set("default", in: queue, then: feed) { $0.processConcurrency = 4 }
                try await eventually("a raised limit is there with the next step") { kinds.runs.withLock { $0.count } == 4 }
                try await queue.awaitSteps()
                #expect(kinds.runs.withLock { $0.count } == 4)
                gate.open()
                try await eventually("all succeed") { try await queue.audit.books().succeeded == 6 }
            }
        }
    }
}
