package import Ledger
package import Logging
package import Redis

/// Works off replays: a duty of the leader.
package struct ReplayMover: Sendable {
    private let replays: ReplayTable
    private let jobs: ReplayedJobs
    private let logger: Logger

    /// Between two rounds while there is anything to do; a rate is kept in portions of this length.
    private static let pause = Duration.milliseconds(200)
    /// Replays looked at in a round, those that wait longest first, and steps of each while there is nothing that holds it back.
    private static let perRound = 100
    private static let steps = 5

    package init(replays: ReplayTable, map: QueueMap, redis: RedisClient, tuning: IndexTuning = IndexTuning(), logger: Logger) {
        self.replays = replays
        jobs = ReplayedJobs(map: map, redis: redis, tuning: tuning)
        self.logger = logger
    }

    /// Returns when no replay runs, or another scheduler leads.
    package func run(term: LeaderTerm) async throws {
        while try await round(term: term) { try await Task.sleep(for: Self.pause) }
    }

    /// A replay in trouble holds up none of the others.
    /// - Returns: whether any replay runs.
    package func round(term: LeaderTerm) async throws -> Bool {
        let running = try await replays.running(limit: Self.perRound, term: term)
        for replay in running where replay.isDue {
            do {
                for _ in 0..<Self.steps {
                    guard case .moved(let moved) = try await replays.step(replay.id, term: term) else { break }
                    await push(moved)
                    guard moved.count == ReplayTable.mostInStep else { break }
                }
            } catch LedgerError.changedMeanwhile {
                continue
            } catch let error where error.isFaultOfOneRequest {
                logger.error("a replay failed", metadata: ["replay": "\(replay.id)", "error": "\(error)"])
                try await replays.fail(replay.id, because: "\(error)")
            }
        }
        return !running.isEmpty
    }

    private func push(_ moved: [DeadLetterTable.Replayed]) async {
        guard !moved.isEmpty else { return }
        do {
            try await jobs.push(moved)
        } catch {
            logger.warning("replayed deliveries left to the sweep", metadata: ["count": "\(moved.count)", "error": "\(error)"])
        }
    }
}
