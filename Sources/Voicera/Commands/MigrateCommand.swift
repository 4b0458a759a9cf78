import ArgumentParser
import Ledger
import Postgres
import Redis
import ServiceLifecycle

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the ledger's schema up to date.")

    @OptionGroup var stores: StoreOptions

    func run() async throws {
        let pool = try stores.makePool(logger: Environment.logger(), connections: 2)
        try await withPool(pool) {
            let applied = try await Migrator(LedgerMigrations.all).apply(on: pool)
            try await LogPartitions(pool: pool).ensure()
            try await EventBodies(pool: pool).ensure()
            print(applied.isEmpty ? "nothing to do" : "applied: \(applied.joined(separator: ", "))")
        }
    }
}

/// Runs a client for the time of one command. What it cannot do is left to the leader.
func withRedis(_ redis: RedisClient, _ body: () async -> Void) async {
    await withTaskGroup { group in
        group.addTask { try? await redis.run() }
        await body()
        group.cancelAll()
    }
}

/// Runs a pool for the time of one command.
func withPool<Result: Sendable>(_ pool: PostgresPool, _ body: () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup { group in
        group.addTask { try await pool.run() }
        defer { group.cancelAll() }
        return try await body()
    }
}
