package import Ledger
package import Logging
package import Postgres
package import Primitives
package import Redis

/// Cancels jobs: a mark in the ledger, a word to the index, and then an end in the ledger for what nobody runs. A job that is running ends with
/// its attempt, which the worker that holds it cancels. Whoever dies in between leaves the mark, and the leader goes on from there.
package struct JobCanceller: Sendable {
    package enum Answer: Sendable, Equatable {
        case cancelled
        /// Somebody runs it, or the index does not answer: it ends within seconds, as cancelled unless it succeeds before.
        case cancelling
        /// It had ended before.
        case ended(JobState)
    }

    /// How deep a chain of followers is cancelled at once; the leader does the rest.
    private static let mostRounds = 8
    private static let perPage = 500
    /// Pages of one run of a leader's duty; what is left comes with the next.
    private static let mostPages = 40

    private let ledger: JobCancellation
    private let indexes: [Shard: LaneIndex]
    private let map: QueueMap
    private let logger: Logger

    package init(map: QueueMap, pool: PostgresPool, redis: RedisClient, tuning: IndexTuning = IndexTuning(), logger: Logger) {
        ledger = JobCancellation(pool: pool)
        self.map = map
        self.logger = logger
        indexes = Dictionary(uniqueKeysWithValues: map.shards.map { ($0, LaneIndex(shard: $0, redis: redis, tuning: tuning)) })
    }

    /// - Parameter actor: who asks, for the operators' record.
    /// - Returns: nil when the workspace has no such job. Asking again is answered like the first time.
    package func cancel(_ id: JobID, workspace: WorkspaceID, reason: String, by actor: String) async throws -> Answer? {
        switch try await ledger.mark(id, workspace: workspace, reason: reason, by: actor) {
        case nil: return nil
        case .ended(.cancelled): return .cancelled
        case .ended(let state): return .ended(state)
        case .marked(let job):
            let ended = try await end([job])
            if ended.hasMarkedOthers { try? await endMarked(rounds: Self.mostRounds) }
            return ended.ids.contains(id) ? .cancelled : .cancelling
        }
    }

    /// For the leader: goes on with what is marked, whoever marked it.
    package func endMarked() async throws { try await endMarked(rounds: Self.mostPages) }

    /// For the leader: ends jobs whose `notAfter` has passed before they started, in parked lanes too. One that is running goes on.
    package func endOverdue() async throws {
        var last: (notAfter: Int64, id: JobID)?
        for _ in 0..<Self.mostPages {
            let page = try await ledger.overdue(after: last, limit: Self.perPage)
            _ = try await end(page.map(\.job))
            guard page.count == Self.perPage, let end = page.last else { return }
            last = (end.notAfter, end.job.id)
        }
    }

    private func endMarked(rounds: Int) async throws {
        var last: JobID?
        var hasMarkedOthers = false
        for _ in 0..<rounds {
            let page = try await ledger.marked(after: last, limit: Self.perPage)
            let ended = try await end(page)
            hasMarkedOthers = hasMarkedOthers || ended.hasMarkedOthers
            last = page.count == Self.perPage ? page.last?.id : nil
            if last == nil {
                // Followers may stand at any place in the order.
                guard hasMarkedOthers else { return }
                hasMarkedOthers = false
            }
        }
    }

    /// Tells the index and ends what is not held. A job that the index does not know is ended too: when it comes from there after all, it is
    /// confirmed with the ledger first.
    private func end(_ jobs: [JobCancellation.Pending]) async throws -> JobCancellation.Ended {
        var free: [(id: JobID, attempt: Int32)] = []
        for (shard, jobs) in Dictionary(grouping: jobs, by: { map.shard(of: $0.queue, lane: $0.lane) }) {
            guard let index = indexes[shard] else { continue }
            do {
                // Lost: it is rebuilt within seconds, and the leader asks again.
                guard let answers = try await index.cancel(jobs.map { (id: $0.id, lane: $0.lane) }) else { continue }
                for job in jobs {
                    guard let answer = answers[job.id], answer != .held else { continue }
                    free.append((id: job.id, attempt: job.attempt))
                }
            } catch {
                logger.warning("the index was not told of a cancellation", metadata: ["count": "\(jobs.count)", "error": "\(error)"])
            }
        }
        return try await ledger.settle(free)
    }
}
