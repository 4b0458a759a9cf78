import ArgumentParser
import Ledger
import Primitives
import Queue
import Redis

extension JobsCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Cancel jobs: a waiting one at once, a running one within seconds.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_… job_…") var ids: [String]
        @Option(help: "Why, for the record.") var reason = "cancelled by an operator"

        func run() async throws {
            let jobs = try ids.map(JobArgument.parse)
            let logger = try Environment.logger()
            let pool = try stores.makePool(logger: logger, connections: 2)
            let redis = try stores.makeRedis(logger: logger)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                let canceller = JobCanceller(map: QueueMap(), pool: pool, redis: redis, logger: logger)
                try await IndexClient.tell(redis) { _ in
                    for job in jobs {
                        switch try await canceller.cancel(job, workspace: workspace, reason: reason, by: "cli") {
                        case nil: print("\(job)  not found")
                        case .cancelled: print("\(job)  cancelled")
                        case .cancelling: print("\(job)  cancelling")
                        case .ended(let state): print("\(job)  is \(state.rawValue)")
                        }
                    }
                }
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run dead or cancelled jobs again.")

        @OptionGroup var stores: StoreOptions
        @OptionGroup var place: WorkspaceOption
        @Argument(help: "job_… job_…") var ids: [String]

        func run() async throws {
            let jobs = try ids.map(JobArgument.parse)
            let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
            try await withPool(pool) {
                let workspace = try await place.find(in: pool)
                for job in jobs { print("\(job)  \(try await Self.retry(job, workspace: workspace, table: JobTable(pool: pool)))") }
            }
        }

        /// The index hears of it from the sweep, within seconds.
        private static func retry(_ id: JobID, workspace: WorkspaceID, table: JobTable) async throws -> String {
            guard let found = try await table.find(id, workspace: workspace) else { return "not found" }
            switch JobState(rawValue: found.job.state) {
            case .dead:
                let report = try await DeadLetterTable(pool: table.pool).move(.ids([id]), by: .replay, workspace: workspace, actor: "cli")
                return report.results.first.map { $0.result == .done ? "pending" : $0.result.rawValue } ?? "not found"
            case .cancelled:
                switch try await table.revive(id, workspace: workspace, by: "cli") {
                case .revived: return "pending"
                case .uniqueKeyTaken: return DeadLetterResult.uniqueKeyTaken.rawValue
                case .notCancelled: return "changed meanwhile"
                }
            case .pending, .succeeded, nil: return "is \(found.job.state)"
            }
        }
    }
}

/// A client of the index for the time of one command.
enum IndexClient {
    static func tell(_ redis: RedisClient, _ body: @Sendable (RedisClient) async throws -> Void) async rethrows {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await redis.run() }
            defer { group.cancelAll() }
            try await body(redis)
        }
    }
}
