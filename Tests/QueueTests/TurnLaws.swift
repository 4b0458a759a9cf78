import Ledger
import Primitives
@testable import Queue
import Testing

/// The order in which a worker starts what one step has brought.
@Suite struct TurnLaws {
    private func claims(_ lanes: [(name: String, count: Int)]) -> [LaneIndex.Claim] {
        lanes.flatMap { lane in
            (0..<lane.count).map { _ in
                LaneIndex.Claim(
                    id: IdentifierSource.system.next(), lane: lane.name, isStrict: false, rank: Rank(priority: 0), entry: .secondHand)
            }
        }
    }

    @Test func `a lane of which many were claimed holds up none of which there are few`() {
        let claimed = claims([("flood", 4), ("one", 1), ("two", 2)])
        let turns = QueueRunner.byTurns(claimed)
        #expect(turns.map(\.lane) == ["flood", "one", "two", "flood", "two", "flood", "flood"])
        for lane in ["flood", "one", "two"] {
            #expect(turns.filter { $0.lane == lane }.map(\.id) == claimed.filter { $0.lane == lane }.map(\.id), "each lane in its order")
        }
    }

    @Test(arguments: [0, 1, 3]) func `one lane keeps its order`(count: Int) {
        let claimed = claims([("lane", count)])
        #expect(QueueRunner.byTurns(claimed).map(\.id) == claimed.map(\.id))
    }
}
