import Primitives
import ServiceLifecycle
import Synchronization

/// Why a request was not even tried.
package enum CommitRefusal: Error {
    /// As much is waiting as the bound allows.
    case overloaded
    /// The writer's process is going down.
    case stopped
}

/// Many callers, one commit: requests that arrive while a commit is under way share the next one.
///
/// There is no timer: an idle ledger commits a lone request at once, a busy one fills its batches by itself. A caller's answer comes after the
/// commit, never before (law 1). Order among requests is not kept across parallel commits.
package final class GroupCommit<Request: Sendable, Answer: Sendable>: Service {
    package typealias Commit = @Sendable (_ batch: [Request]) async throws -> [Answer]

    private struct Waiting {
        var request: Request
        var rows: Int
        var continuation: CheckedContinuation<Answer, any Error>
    }
    private struct State {
        var waiting: [Waiting] = []
        var rows = 0
        var commits = 0
        /// When the last one of them began.
        var began = ContinuousClock.now
        var isStopping = false
    }

    private let state = Mutex(State())
    private let wakeup = Wakeup()
    private let rowsPerBatch: Int
    private let parallelCommits: Int
    private let mostRowsWaiting: Int
    private let patience: Duration
    private let commit: Commit
    private let metrics: CommitMetrics

    /// - Parameters:
    ///   - writer: its name in metrics.
    ///   - rowsPerBatch: a batch closes at this many rows; 500 is where the cost per row stops falling (Benchmarks/RESULTS.md).
    ///   - parallelCommits: commits under way at once; each holds one connection.
    ///   - patience: for so long few requests wait for the commit under way.
    package init(
        writer: String, rowsPerBatch: Int = 500, parallelCommits: Int = 2, mostRowsWaiting: Int = 50_000,
        patience: Duration = .milliseconds(20), commit: @escaping Commit
    ) {
        metrics = CommitMetrics(writer: writer)
        self.rowsPerBatch = rowsPerBatch
        self.parallelCommits = parallelCommits
        self.mostRowsWaiting = mostRowsWaiting
        self.patience = patience
        self.commit = commit
    }

    /// Rows that wait for a commit.
    package var backlog: Int { state.withLock { $0.rows } }

    package func submit(_ request: Request, rows: Int = 1) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let refusal: CommitRefusal? = state.withLock { state in
                if state.isStopping { return .stopped }
                if state.rows + rows > mostRowsWaiting { return .overloaded }
                state.waiting.append(Waiting(request: request, rows: rows, continuation: continuation))
                state.rows += rows
                return nil
            }
            if let refusal {
                metrics.refused()
                continuation.resume(throwing: refusal)
            } else {
                wakeup.signal()
            }
        }
    }

    /// Runs until graceful shutdown; what was submitted before it is still committed.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    let (batch, isOver) = state.withLock { state in (take(&state), state.isStopping && state.waiting.isEmpty && state.commits == 0) }
                    if isOver, batch.isEmpty { break }
                    if batch.isEmpty {
                        await wakeup.wait()
                    } else {
                        group.addTask { await self.settle(batch) }
                    }
                }
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.wakeup.signal()
        }
        let abandoned = state.withLock { state in
            state.isStopping = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in abandoned { waiting.continuation.resume(throwing: CommitRefusal.stopped) }
    }

    private func take(_ state: inout State) -> [Waiting] {
        guard state.commits < parallelCommits, !state.waiting.isEmpty else { return [] }
        // Beside a commit that is under way a few requests do better to wait for its end and go together, unless it takes unusually long.
        let now = ContinuousClock.now
        guard state.commits == 0 || state.rows >= rowsPerBatch / 4 || now - state.began > patience else { return [] }
        var rows = 0
        var count = 0
        while count < state.waiting.count, count == 0 || rows + state.waiting[count].rows <= rowsPerBatch {
            rows += state.waiting[count].rows
            count += 1
        }
        let batch = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        state.rows -= rows
        state.commits += 1
        state.began = now
        return batch
    }

    private func settle(_ batch: [Waiting]) async {
        let begun = ContinuousClock.now
        do {
            let answers = try await commit(batch.map(\.request))
            metrics.committed(rows: batch.reduce(0) { $0 + $1.rows }, since: begun)
            for (waiting, answer) in zip(batch, answers) { waiting.continuation.resume(returning: answer) }
        } catch let error where batch.count > 1 && error.isFaultOfOneRequest {
            // One request that the ledger refuses must not take its neighbours along.
            for waiting in batch {
                do {
                    let answers = try await commit([waiting.request])
                    waiting.continuation.resume(returning: answers[0])
                } catch {
                    metrics.refused()
                    waiting.continuation.resume(throwing: error)
                }
            }
        } catch {
            metrics.refused(batch.count)
            for waiting in batch { waiting.continuation.resume(throwing: error) }
        }
        state.withLock { $0.commits -= 1 }
        wakeup.signal()
    }
}
