import Ledger
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

/// Holds of a lane: one cause does not overwrite another.
@Suite struct HoldLaws {
    private func place(_ queue: QueueFixture) -> LanePlace { LanePlace(queue: "default", lane: "lane", workspace: queue.workspace) }

    @Test func `a lane is held until the last of its holds ends, and the end of one leaves the others`() async throws {
        try await QueueFixture.run { queue in
            let (table, settings) = (LaneHoldTable(pool: queue.pool), LaneSettingsTable(pool: queue.pool))
            let place = place(queue)
            try await WorkspaceTable(pool: queue.pool).create(queue.workspace, name: "w")
            _ = try await table.hold(place, LaneHoldTable.Order(.throttle, microseconds: 600_000_000, reason: "429", by: "receiver"))
            let longer = try await table.hold(place, LaneHoldTable.Order(.circuit, microseconds: 900_000_000, reason: "failed", by: "health"))
            #expect(longer.parkedCause == "circuit" && longer.parked > 800_000_000)
            let paused = try await settings.park(place, microseconds: nil, reason: "repair", actor: "cli")
            #expect(paused.parked == -1 && paused.parkedCause == "operator" && paused.parkedReason == "repair" && paused.parkedBy == "cli")
            let shorter = try await table.hold(place, LaneHoldTable.Order(.circuit, microseconds: 60_000_000, reason: "failed", by: "health"))
            #expect(shorter.parked == -1 && shorter.parkedCause == "operator", "a shorter one beside it changes nothing")
            #expect(try await table.holds(of: ["lane"], queue: "default")["lane"]?.map(\.cause) == [.operator, .throttle, .circuit])

            let resumed = try await settings.unpark(place, actor: "cli")
            #expect(resumed.parkedCause == "throttle" && resumed.parked > 500_000_000 && resumed.parkedReason == "429")
            #expect(try await settings.find(place)?.parkedCause == "throttle")
            let last = try await table.release(place, [.throttle])
            #expect(last.parkedCause == "circuit" && last.parked > 0 && last.parked <= 60_000_000)
            let free = try await table.release(place, [.circuit])
            #expect(free.parked == 0 && free.parkedCause == nil && free.parkedReason == nil)
        }
    }

    @Test func `a hold that extends never shortens the one that is there`() async throws {
        try await QueueFixture.run { queue in
            let table = LaneHoldTable(pool: queue.pool)
            _ = try await table.hold(place(queue), LaneHoldTable.Order(.throttle, microseconds: 900_000_000, reason: "long", by: "w1", extends: true))
            let held = try await table.hold(place(queue), LaneHoldTable.Order(.throttle, microseconds: 1_000_000, reason: "short", by: "w2", extends: true))
            #expect(held.parked > 800_000_000 && held.parkedReason == "long")
            let set = try await table.hold(place(queue), LaneHoldTable.Order(.throttle, microseconds: 1_000_000, reason: "short", by: "w2"))
            #expect(set.parked <= 1_000_000)
        }
    }

    @Test func `causes that come at the same moment do not overlook each other`() async throws {
        try await QueueFixture.run { queue in
            let (pool, place) = (queue.pool, place(queue))
            for _ in 0..<10 {
                try await withThrowingTaskGroup { group in
                    for (cause, seconds) in [(LaneHold.Cause.throttle, 100), (.circuit, 200), (.paused, 300), (.reauth, 400)] as [(LaneHold.Cause, Int64)] {
                        group.addTask {
                            let order = LaneHoldTable.Order(cause, microseconds: seconds * 1_000_000, reason: cause.rawValue, by: "test")
                            _ = try await LaneHoldTable(pool: pool).hold(place, order)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await LaneSettingsTable(pool: pool).find(place)?.parkedCause == "reauth")
                _ = try await LaneHoldTable(pool: pool).release(place, LaneHold.Cause.allCases)
            }
        }
    }

    @Test func `what holds a lane is told to an index that was lost`() async throws {
        try await QueueFixture.run { queue in
            _ = try await LaneHoldTable(pool: queue.pool).hold(
                place(queue), LaneHoldTable.Order(.throttle, microseconds: 600_000_000, reason: "429", by: "receiver"))
            try await queue.open(epoch: 2)
            try await queue.index.configure(try await LaneSettingsTable(pool: queue.pool).all(of: "default"))
            let opens = try #require(try await queue.index.look(at: ["lane"])?.lanes.first?.opensIn)
            #expect(opens > .seconds(500))
        }
    }
}
