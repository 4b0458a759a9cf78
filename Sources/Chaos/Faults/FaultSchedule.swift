import Primitives

/// Which faults happen when: a function of its arguments, so that a seed is a run.
package struct FaultSchedule: Sendable, Equatable {
    package private(set) var faults: [PlannedFault] = []

    /// Time for the load to be under way, and how often two faults meet.
    private static let lead = 2.0
    /// Between two faults that do not meet: often long enough to see the system whole again.
    private static let pauses = 1.0...8
    private static let meeting = 0.25
    /// How often a fault of links hits everybody.
    private static let everybody = 0.2

    /// Every kind comes once before one comes again, as long as there is time.
    package init(seed: UInt64, length: Duration, kinds: [FaultKind], shape: FleetShape) {
        guard !kinds.isEmpty else { return }
        var random = SplitMix64(seed: seed)
        var bag: [FaultKind] = []
        var ends = Self.lead
        var misses = 0
        while misses < 2 * kinds.count {
            if bag.isEmpty { bag = kinds.shuffled(using: &random) }
            var fault = Self.draw(bag.removeLast(), shape: shape, &random)
            var start = ends + Double.random(in: Self.pauses, using: &random)
            if let last = faults.last, Double.random(in: 0..<1, using: &random) < Self.meeting {
                let early = last.at + .seconds(Double.random(in: 0.1...1, using: &random))
                let meets = faults.filter { $0.ends >= early - .seconds(1) }
                if meets.allSatisfy({ $0.claims.isDisjoint(with: fault.claims) }) { start = early.seconds }
            }
            fault.at = .seconds(start)
            guard fault.ends <= length else {
                misses += 1
                continue
            }
            misses = 0
            faults.append(fault)
            ends = max(ends, fault.ends.seconds)
        }
        faults.sort { $0.at < $1.at }
    }

    private static func draw(_ kind: FaultKind, shape: FleetShape, _ random: inout SplitMix64) -> PlannedFault {
        var fault = PlannedFault(kind: kind, at: .zero, lasts: .seconds(Double.random(in: kind.seconds, using: &random)), seed: random.next())
        switch kind {
        case .workerKill, .workerStop, .workerTerm: fault.processes = one(of: shape.names(.worker), &random)
        case .apiKill: fault.processes = one(of: shape.names(.api), &random)
        case .schedulerKill:
            let all = shape.names(.scheduler)
            fault.processes = Bool.random(using: &random) ? one(of: all, &random) : all
        case .cut, .hole, .tear, .delay, .slow:
            let isForAll = Double.random(in: 0..<1, using: &random) < everybody
            fault.processes = isForAll ? shape.names : one(of: shape.names, &random)
            let choice = [[Store.redis], [.postgres], [.redis, .postgres]].randomElement(using: &random) ?? []
            fault.stores = choice
        default: break
        }
        return fault
    }

    private static func one(of names: [String], _ random: inout SplitMix64) -> [String] {
        names.randomElement(using: &random).map { [$0] } ?? []
    }
}
