import ArgumentParser
import Foundation

struct BenchFairnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fairness", abstract: "What three endpoints of a hundred can do to the others: one hangs, one is flooded, one answers 429.",
        discussion: """
            Accepted to delivered, of the other 97, in turns without and with the three. The flooded endpoint's lane has a limit, and the last rows show at what \
            rate it was served. `voicera bench --fairness` asks the same of jobs that do nothing.
            """)

    @Option(help: "Seconds of each run.") var seconds = 20
    @Option(help: "Runs with and without, in turns.") var rounds = 2
    @Option(help: "Events a second of each endpoint; the flooded one gets a hundred times as many.") var perSecond = 5
    @Option(help: "Deliveries a second that the flooded lane may have.") var limit = 50
    @OptionGroup var stores: BenchStores
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard seconds >= 1, rounds >= 1, perSecond >= 1, limit >= 1 else { throw ValidationError("everything is at least 1") }
    }

    func run() async throws {
        let plan = BenchSystem.FairnessPlan(seconds: seconds, perSecond: perSecond, limit: limit)
        let table = try await stores.withStack { stack -> BenchTable in
            _ = ProcessMetrics.registry
            var table = BenchTable("fairness", columns: BenchSystem.FairnessPlan.columns)
            for _ in 0..<rounds {
                for misbehaving in [false, true] {
                    try await BenchSystem.run(on: stack, profile: .standard) { system in
                        let found = try await system.fairness(plan, misbehaving: misbehaving)
                        table.add(misbehaving ? "97 beside the three" : "97 alone", found.figures)
                        if misbehaving { table.add("the flooded lane", found.laneFigures) }
                    }
                }
            }
            return table
        }
        print(json ? try table.json() : table.text)
    }
}
