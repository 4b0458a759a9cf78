import Foundation

/// The measurements that are tables.
extension BenchEngineCommand {
    func measureGrowth(on stack: Stack) async throws -> BenchTable {
        var table = BenchTable("growth", columns: BenchSystem.growthColumns)
        // The largest last: it takes the longest to fill.
        for (waiting, lanes) in [(10_000, 1_000), (1_000_000, 1), (1_000_000, 1_000), (1_000_000, 100_000), (10_000_000, 1_000)] {
            try await BenchSystem.run(on: stack, profile: .standard) { system in
                for _ in 0..<rounds {
                    table.add("\(waiting) waiting in \(lanes) lanes", try await system.growth(waiting: waiting, lanes: lanes))
                    if let line = table.lines.last { progress(line) }
                }
            }
        }
        return table
    }

    /// A measurement of many minutes shows how far it is.
    private func progress(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    func measureFairness(on stack: Stack) async throws -> BenchTable {
        var table = BenchTable("fairness", columns: BenchSystem.fairnessColumns)
        for _ in 0..<rounds {
            for misbehaviour in BenchSystem.Misbehaviour.allCases {
                try await BenchSystem.run(on: stack, profile: .standard) { system in
                    let waits = try await system.fairness(misbehaviour, seconds: max(1, latencySeconds)).sorted()
                    guard let last = waits.last else { return }
                    table.add(
                        misbehaviour.rawValue,
                        [Double(waits[waits.count / 2]), Double(waits[waits.count * 99 / 100]), Double(last), Double(waits.count)])
                }
            }
        }
        return table
    }
}
