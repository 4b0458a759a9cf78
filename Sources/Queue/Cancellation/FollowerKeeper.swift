package import Ledger
import Primitives

/// The leader's look at jobs that wait for others: a page a time, round and round, so that any number of them costs the same.
package actor FollowerKeeper {
    private let waiting: WaitingJobs
    private let pusher: @Sendable ([WaitingJobs.Freed]) async -> Void
    private var last: JobID?
    private static let perPage = 1000

    /// - Parameter push: tells the index of what became available.
    package init(waiting: WaitingJobs, push: @escaping @Sendable ([WaitingJobs.Freed]) async -> Void) {
        self.waiting = waiting
        pusher = push
    }

    /// One page; the first one again after the last.
    package func mend(term: LeaderTerm) async throws {
        let mended = try await waiting.mendFollowers(after: last, limit: Self.perPage, term: term)
        last = mended.last
        if !mended.freed.isEmpty { await pusher(mended.freed) }
    }
}
