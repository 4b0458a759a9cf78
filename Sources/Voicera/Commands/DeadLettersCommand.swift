import ArgumentParser
import Foundation
import Ledger
import Primitives
import Queue
import Redis

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Jobs that were buried: look at them, run them again, or discard them.",
        subcommands: [List.self, Show.self, Replay.self, Discard.self])

    struct FilterOptions: ParsableArguments {
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "Only this queue.") var queue: String?
        @Option(help: "Only this lane.") var lane: String?
        @Option(help: "Only this error class.") var errorClass: String?

        var filter: JobTable.Filter { JobTable.Filter(kind: kind, queue: queue, lanes: lane.map { [$0] }, errorClass: errorClass) }
        var isEmpty: Bool { kind == nil && queue == nil && lane == nil && errorClass == nil }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Newest first.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @OptionGroup var filter: FilterOptions
        @Option(help: "At most this many.") var limit = 50

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let jobs = try await DeadLetterTable(pool: pool).list(
                    workspace: place.find(in: pool), filter: filter.filter, before: nil, limit: max(1, limit))
                for job in jobs {
                    print("\(job.id)  \(job.kind)  \(job.lane)  attempt \(job.attempt)  \(job.errorClass ?? "-"): \(job.errorMessage ?? "")")
                }
                if jobs.isEmpty { print("none") }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One, with its payload and every attempt.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_…") var id: String

        func run() async throws {
            guard let job = JobID(id) else { throw ValidationError("\(id) is no job id") }
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                guard let found = try await DeadLetterTable(pool: pool).find(job, workspace: place.find(in: pool)) else {
                    throw ValidationError("the workspace has no dead letter \(id)")
                }
                print("\(found.job.id)  \(found.job.kind)  queue \(found.job.queue)  lane \(found.job.lane)\npayload  \(found.payload)")
                for attempt in found.attempts {
                    let time = Date(timeIntervalSince1970: Double(attempt.at) / 1e6).formatted(.iso8601)
                    print("\(time)  attempt \(attempt.attempt ?? 0)  \(attempt.outcome)  \(attempt.errorClass ?? "")  \(attempt.message ?? "")")
                }
            }
        }
    }

    /// What replay and discard have in common: which ones, and whether in earnest.
    struct Selection: ParsableArguments {
        @Argument(help: "job_… job_…") var ids: [String] = []
        @OptionGroup var filter: FilterOptions
        @Flag(help: "Every dead letter of the workspace, up to --limit.") var all = false
        @Option(help: "At most this many by a filter.") var limit = 1000
        @Flag(help: "Only say what would be done.") var dryRun = false

        func selection() throws -> DeadLetterTable.Selection {
            if !ids.isEmpty {
                return .ids(
                    try ids.map { text in
                        guard let id = JobID(text) else { throw ValidationError("\(text) is no job id") }
                        return id
                    })
            }
            guard all || !filter.isEmpty else { throw ValidationError("name the jobs, give a filter, or say --all") }
            return .matching(filter.filter, limit: max(1, limit))
        }

        func show(_ report: DeadLetterTable.Report) {
            for (id, result) in report.results where result != .done { print("\(id)  \(result.rawValue)") }
            print("\(dryRun ? "would do" : "done"): \(report.doneCount) of \(report.results.count)")
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run dead letters again, with the full schedule; their history stays.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @OptionGroup var chosen: Selection

        func run() async throws {
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            // The sweep finds replayed jobs too; telling the index saves its few seconds.
            let redis = try? stores.makeRedis(logger: logger)
            try await withPool(pool) {
                let report = try await DeadLetterTable(pool: pool).replay(
                    chosen.selection(), workspace: place.find(in: pool), actor: "cli", isDryRun: chosen.dryRun)
                if let redis { await push(report.replayed, to: redis) }
                chosen.show(report)
            }
        }

        private func push(_ jobs: [DeadLetterTable.Replayed], to redis: RedisClient) async {
            let map = QueueMap()
            await withTaskGroup { group in
                group.addTask { try? await redis.run() }
                for (shard, jobs) in Dictionary(grouping: jobs, by: { map.shard(of: $0.queue, lane: $0.lane) }) {
                    let pushes = jobs.map { LaneIndex.Push(id: $0.id, lane: $0.lane, priority: $0.priority) }
                    for first in stride(from: 0, to: pushes.count, by: 500) {
                        _ = try? await LaneIndex(shard: shard, redis: redis).enqueue(
                            Array(pushes[first..<min(first + 500, pushes.count)]), knownEpoch: "")
                    }
                }
                group.cancelAll()
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancel dead letters for good.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @OptionGroup var chosen: Selection

        func run() async throws {
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                chosen.show(
                    try await DeadLetterTable(pool: pool).discard(
                        chosen.selection(), workspace: place.find(in: pool), actor: "cli", isDryRun: chosen.dryRun))
            }
        }
    }
}
