import Foundation
import Ledger
import Primitives
import Queue

/// What one tenant of a hundred can do to the others.
extension BenchSystem {
    enum Misbehaviour: String, CaseIterable, Sendable {
        case none = "all alike"
        case flood = "one floods 100 times"
        case hang = "one hangs 30 s a call"
    }

    static let fairnessColumns = ["p50 us", "p99 us", "max us", "jobs"]
    private static let tenants = 100
    private static let perSecond = 5
    private static let hang = Duration.seconds(30)

    /// From acceptance to start, of the ninety-nine that do as always: five jobs a second each, whatever became of the last one.
    func fairness(_ misbehaviour: Misbehaviour, seconds: Int) async throws -> [Int64] {
        let before = try await ended()
        let count = seconds * Self.tenants * Self.perSecond
        return try await withWorkers { () async throws -> [Int64] in
            kinds.beginRecording(holding: misbehaviour == .hang ? ("tenant0", Self.hang) : nil)
            let accepted = AcceptTimes()
            let begun = ContinuousClock.now
            var flood = 0
            try await withThrowingTaskGroup { group in
                for number in 0..<count {
                    try await Task.sleep(until: begun + .microseconds(number * 1_000_000 / (Self.tenants * Self.perSecond)), tolerance: .zero)
                    let tenant = number % Self.tenants
                    // As many from the one in a second as from all the others together.
                    let jobs = (0..<(misbehaviour == .flood && tenant == 0 ? Self.tenants : 1)).map { noop(number * Self.tenants + $0, lane: "tenant\(tenant)") }
                    flood += jobs.count - 1
                    group.addTask {
                        _ = try await intake.accept(jobs)
                        if tenant > 0 { for job in jobs { accepted.note(job.id) } }
                    }
                }
                try await group.waitForAll()
            }
            try await waitForEnded(before + count + flood)
            let starts = kinds.endRecording()
            return accepted.all.compactMap { id, time in starts[id].map { max(0, (($0 - time) as Duration).microseconds) } }
        }
    }
}
