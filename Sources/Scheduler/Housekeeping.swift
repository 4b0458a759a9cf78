import Ledger
import Postgres

/// What keeps the ledger in shape, every ten minutes by the leader.
struct Housekeeping: Sendable {
    let pool: PostgresPool

    private static let perStatement = 10_000

    func run() async throws {
        try await LogPartitions(pool: pool).ensure()
        try await EventBodies(pool: pool).ensure()
        try await WorkerTable(pool: pool).prune()
        try await IdempotencyClaim.prune(on: pool)
        let schedules = ScheduleTable(pool: pool)
        while try await schedules.forgetOldOccurrences(limit: Self.perStatement) == Self.perStatement {}
        try await UniquePeriods.prune(on: pool)
        try await ProgressWriter.prune(on: pool)
        try await OAuthPruning(pool: pool).run()
        try await SessionTable.prune(on: pool)
    }
}
