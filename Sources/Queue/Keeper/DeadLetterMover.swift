package import Ledger
package import Logging
package import Redis

/// Works off operations on dead letters: a duty of the leader.
package struct DeadLetterMover: Sendable {
    private let operations: DeadLetterOperationTable
    private let replayed: ReplayedJobs
    private let logger: Logger

    /// Between two rounds while there is anything to do; a rate is kept in portions of this length.
    private static let pause = Duration.milliseconds(200)
    /// Operations looked at in a round. Those that wait longest come first, so that more of them take turns.
    private static let perRound = 100

    package init(operations: DeadLetterOperationTable, map: QueueMap, redis: RedisClient, tuning: IndexTuning = IndexTuning(), logger: Logger) {
        self.operations = operations
        replayed = ReplayedJobs(map: map, redis: redis, tuning: tuning)
        self.logger = logger
    }

    /// Returns when no operation runs, or another scheduler leads.
    package func run(term: LeaderTerm) async throws {
        while try await round(term: term) { try await Task.sleep(for: Self.pause) }
    }

    /// One step of each operation whose rate lets it go. An operation in trouble holds up none of the others.
    /// - Returns: whether any operation runs.
    package func round(term: LeaderTerm) async throws -> Bool {
        let running = try await operations.running(limit: Self.perRound, term: term)
        for operation in running where operation.isDue {
            do {
                guard case .moved(let jobs) = try await operations.step(operation.id, term: term), !jobs.isEmpty else { continue }
                await push(jobs)
            } catch LedgerError.changedMeanwhile {
                // Others took unique keys while it looked at them; the next round sees who has them.
                continue
            } catch let error where error.isFaultOfOneRequest {
                logger.error("an operation on dead letters failed", metadata: ["operation": "\(operation.id)", "error": "\(error)"])
                try await operations.fail(operation.id, because: "\(error)")
            }
        }
        return !running.isEmpty
    }

    private func push(_ jobs: [DeadLetterTable.Replayed]) async {
        do {
            try await replayed.push(jobs)
        } catch {
            logger.warning("replayed jobs left to the sweep", metadata: ["count": "\(jobs.count)", "error": "\(error)"])
        }
    }
}
