import Ledger
package import Logging
package import Postgres
import Primitives
package import Queue
package import Redis
import ServiceLifecycle
import Synchronization

/// A scheduler: tries to lead, and while it leads keeps the index and the house. Any number may run; one leads.
package final class SchedulerProcess: Service {
    private let leadership: Leadership
    private let keeper: IndexKeeper
    private let housekeeping: Housekeeping
    private let logger: Logger
    private let isLeading = Mutex(false)

    private static let beat = Duration.seconds(1)
    private static let sweepEvery = Duration.seconds(5)
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
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.lead() }
                group.addTask { await self.sweep() }
            }
        }
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
                isLeading.withLock { $0 = claimed != nil }
                if let term = claimed {
                    // None of the three waits for another: the index may be away, or the ledger busy.
                    if beats % Self.housekeepingEvery == 0 { await attempt("housekeeping") { try await housekeeping.run() } }
                    beats += 1
                    await attempt("a beat") {
                        // A rebuild may take longer than the lease.
                        keeper = try await leadership.whileRenewing(term, every: Self.beat) { [keeper] in
                            var keeper = keeper
                            try await keeper.beat(term: term)
                            return keeper
                        }
                    }
                    await attempt("the promotion of delayed jobs") { try await keeper.promote(term: term) }
                }
            } catch {
                logger.warning("the lead could not be claimed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.beat)
        }
        if let term { try? await leadership.resign(term) }
    }

    /// Beside the beats, since it grows with the lanes. It may run on for a moment when the lead has passed on: two sweeps do no harm.
    private func sweep() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.sweepEvery)
            guard isLeading.withLock({ $0 }), !Task.isCancelled else { continue }
            await attempt("a sweep") { _ = try await keeper.sweep() }
        }
    }

    private func attempt(_ what: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            // A stop cancels what is under way; that is no failure.
            if !Task.isCancelled { logger.warning("\(what) failed", metadata: ["error": "\(error)"]) }
        }
    }
}
