package import Ledger
import Primitives
import Redis

/// Brings a lane's next jobs from the ledger into the index: by the worker whose step noticed the need, by the leader, by the sweep.
package struct Refiller: Sendable {
    let waiting: WaitingJobs

    package init(waiting: WaitingJobs) { self.waiting = waiting }

    /// The dropped count in the order was read before the ledger is: what is left out in between moves it, and the mark stays.
    package func refill(_ order: LaneIndex.RefillOrder, of index: LaneIndex, epoch: String) async throws {
        // One more shows whether the ledger has more.
        let limit = order.depth + 1
        let entries = try await waiting.first(limit, of: WaitingJobs.Lane(queue: index.shard.queue, lane: order.lane))
        _ = try await index.refill(order.lane, with: entries, epoch: epoch, dropped: order.dropped, limit: limit)
    }
}
