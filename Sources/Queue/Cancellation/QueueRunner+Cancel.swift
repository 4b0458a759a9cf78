import Ledger
import Logging
import Primitives
import Synchronization

extension QueueRunner {
    /// Cancels attempts that the index says are wanted so. The ledger has the last word: the index is told of jobs that are overdue, too, and one
    /// that is running already goes on. Where the ledger does not answer the leader says it again within seconds.
    func cancel(_ ids: [JobID]) async {
        do {
            let marked = try await confirmation.marked(among: ids)
            holdings.withLock { $0.cancel(marked, .operator) }
        } catch {
            logger.warning("a cancellation waits for the ledger", metadata: ["count": "\(ids.count)", "error": "\(error)"])
        }
    }
}
