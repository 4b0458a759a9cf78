import Ledger
package import Logging
package import Postgres
import Primitives
package import Queue
package import Redis
import ServiceLifecycle

/// A scheduler: tries to lead, and while it leads keeps the index and the house. Any number may run; one leads.
package struct SchedulerProcess: Service {
    private let leadership: Leadership
    private let keeper: IndexKeeper
    private let housekeeping: Housekeeping
    private let logger: Logger

    private static let beat = Duration.seconds(1)
    private static let sweepEvery = 5
    private static let housekeepingEvery = 600

    package init(map: QueueMap, pool: PostgresPool, redis: RedisClient, tuning: IndexTuning = IndexTuning(), logger: Logger) {
        leadership = Leadership(pool: pool, holder: IdentifierSource.system.next().description)
        keeper = IndexKeeper(
            map: map, redis: redis, tuning: tuning, waiting: WaitingJobs(pool: pool), settings: LaneSettingsTable(pool: pool),
            leadership: leadership, logger: logger)
        housekeeping = Housekeeping(pool: pool)
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await lead() }
    }

    private func lead() async {
        var keeper = keeper
        var beats = 0
        var term: LeaderTerm?
        while !Task.isCancelled {
            do {
                let claimed = try await leadership.claim()
                if claimed != term { logger.notice(claimed == nil ? "another scheduler leads" : "leading", metadata: ["term": "\(claimed?.term ?? 0)"]) }
                term = claimed
                if let term {
                    // Housekeeping and the ledger's promotion must not wait for an index that is away, nor the index for them.
                    if beats % Self.housekeepingEvery == 0 { await attempt("housekeeping") { try await housekeeping.run() } }
                    try await keeper.beat(term: term)
                    try await keeper.promote(term: term)
                    if beats % Self.sweepEvery == 0 { try await keeper.sweep() }
                    beats += 1
                }
            } catch {
                logger.warning("a beat failed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.beat)
        }
        if let term { try? await leadership.resign(term) }
    }

    private func attempt(_ what: String, _ work: () async throws -> Void) async {
        do { try await work() } catch { logger.warning("\(what) failed", metadata: ["error": "\(error)"]) }
    }
}
