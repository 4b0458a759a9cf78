import ArgumentParser
import Ledger
import Postgres
import Primitives
import Queue
import Redis

/// Replay and discard.
extension DeadLettersCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run dead letters again, with the full schedule; their history stays.")

        @OptionGroup var order: Order

        func run() async throws { try await order.run(.replay) }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancel dead letters for good.")

        @OptionGroup var order: Order

        func run() async throws { try await order.run(.discard) }
    }

    /// What the two have in common: which ones, and how.
    struct Order: ParsableArguments {
        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_… job_…") var ids: [String] = []
        @OptionGroup var filter: FilterOptions
        @Flag(help: "Every dead letter of the workspace.") var all = false
        @Option(help: "At most this many of those that match.") var limit: Int?
        @Option(help: "At most this many a second: the leading scheduler does it.") var rate: Int32?
        @Flag(help: "Leave it to the leading scheduler. More than 1000 always are.") var background = false
        @Flag(help: "Only say what would be done.") var dryRun = false

        func validate() throws {
            if let rate, !DeadLetterOperationTable.rates.contains(Int64(rate)) {
                throw ValidationError("--rate is a number from \(DeadLetterOperationTable.rates.lowerBound) to \(DeadLetterOperationTable.rates.upperBound)")
            }
            if let limit, limit < 1 { throw ValidationError("--limit is 1 or more") }
            let isFiltered = all || !filter.filter.isEmpty
            if ids.isEmpty == !isFiltered { throw ValidationError("name the jobs, or give a filter, or say --all; one of them") }
            if ids.count > DeadLetterTable.mostAtOnce { throw ValidationError("name at most \(DeadLetterTable.mostAtOnce) jobs, or give a filter") }
        }

        private func selection() throws -> DeadLetterSelection {
            guard ids.isEmpty else {
                return .ids(
                    try ids.map { text in
                        guard let id = JobID(text) else { throw ValidationError("\(text) is no job id") }
                        return id
                    })
            }
            return .matching(filter.filter, limit: limit)
        }

        func run(_ move: DeadLetterMove) async throws {
            let logger = try Environment.logger()
            let selection = try selection()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedisIfSet(logger: logger)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let table = DeadLetterTable(pool: pool)
                let count = try await table.count(selection, workspace: workspace)
                let isForLeader = background || rate != nil || count > DeadLetterTable.mostAtOnce
                guard !isForLeader || dryRun else { return try await begin(move, of: selection, workspace: workspace, pool: pool) }
                let report = try await table.move(selection, by: move, workspace: workspace, actor: "cli", isDryRun: dryRun)
                // The sweep finds replayed jobs too; telling the index saves its few seconds.
                if !report.replayed.isEmpty, let redis { await push(report.replayed, to: redis) }
                for (id, result) in report.results where result != .done { print("\(id)  \(result.rawValue)") }
                if dryRun, count > report.results.count {
                    print("would begin an operation on \(count)")
                } else {
                    print("\(dryRun ? "would do" : "done"): \(report.doneCount) of \(report.results.count)")
                }
                if report.doneCount < report.results.count { throw ExitCode(1) }
            }
        }

        private func begin(_ move: DeadLetterMove, of selection: DeadLetterSelection, workspace: WorkspaceID, pool: PostgresPool) async throws {
            let start = try await DeadLetterOperationTable(pool: pool).begin(move, of: selection, rate: rate, workspace: workspace, author: "cli")
            guard case .begun(let operation) = start else {
                throw Refusal("\(DeadLetterOperationTable.mostOpen) operations are running or paused; cancel one, or wait for its end")
            }
            print("\(operation.id)  \(move.rawValue) of \(operation.total) begun")
            Hint.say("next: voicera dead-letters operations show \(operation.id)    says how far it is")
            Hint.say("      voicera dead-letters operations cancel \(operation.id)    stops it; pause and resume do so for a while")
        }

        private func push(_ jobs: [DeadLetterTable.Replayed], to redis: RedisClient) async {
            await withTaskGroup { group in
                group.addTask { try? await redis.run() }
                try? await ReplayedJobs(map: QueueMap(), redis: redis).push(jobs)
                group.cancelAll()
            }
        }
    }
}
