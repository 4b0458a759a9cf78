package import Logging
package import Postgres
import Primitives
import ServiceLifecycle
import Synchronization

/// Writes lines of the log beside whatever they tell of: many of them in one statement, some time later. Nobody waits for it, and nothing fails for it:
/// past its bound lines are dropped and counted.
package final class LogWriter: Service {
    private struct State {
        var buffer: LogBuffer
        var isStopping = false
    }

    private let pool: PostgresPool
    private let logger: Logger
    private let pause: Duration
    private let state: Mutex<State>
    private let wakeup = Wakeup()
    private let metrics = CommitMetrics(writer: "log")

    /// A request is about 600 bytes here, so the rows are 12 MB; the bytes bound what bodies come to.
    package static let mostRows = 20_000
    package static let mostBytes = 32 << 20
    static let perStatement = 1000
    private static let retry = Duration.seconds(1)

    /// - Parameter pause: how long a first line waits for others.
    package init(
        pool: PostgresPool, logger: Logger, mostRows: Int = LogWriter.mostRows, mostBytes: Int = LogWriter.mostBytes, pause: Duration = .milliseconds(500)
    ) {
        self.pool = pool
        self.logger = logger
        self.pause = pause
        state = Mutex(State(buffer: LogBuffer(mostRows: mostRows, mostBytes: mostBytes)))
    }

    /// Lines that wait to be written.
    package var backlog: Int { state.withLock { $0.buffer.count } }
    /// Lines that were never written.
    package var dropped: Int { state.withLock { $0.buffer.dropped } }

    /// Returns at once, whatever becomes of the line.
    package func append(_ line: LogLine) {
        let now = ContinuousClock.now
        let count = state.withLock { state in
            state.buffer.append(line, now: now)
            return state.buffer.count
        }
        // The first one begins the pause, a whole statement ends it; those between need wake nobody.
        if count == 1 || count == Self.perStatement { wakeup.signal() }
    }

    /// Runs until graceful shutdown; what was appended before it is still written, if the ledger takes it.
    package func run() async throws {
        await withGracefulShutdownHandler {
            while !Task.isCancelled {
                let (count, isStopping) = state.withLock { ($0.buffer.count, $0.isStopping) }
                if count == 0 {
                    if isStopping { return }
                    await wakeup.wait()
                } else {
                    if count < Self.perStatement, !isStopping { await wakeup.wait(atMost: pause) }
                    await writeWaiting()
                }
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.wakeup.signal()
        }
    }

    private func writeWaiting() async {
        let batch = state.withLock { $0.buffer.take(Self.perStatement) }
        var isNews = true
        while !batch.isEmpty {
            do {
                try await write(batch[...])
                return
            } catch {
                // Written again when its end was lost: a line may be there twice then, which hurts nobody.
                let isLost = Task.isCancelled || state.withLock(\.isStopping)
                if isNews || isLost { logger.warning("the log waits for the ledger", metadata: ["lines": "\(batch.count)", "error": "\(error)"]) }
                isNews = false
                if isLost { return drop(batch.count) }
                await wakeup.wait(atMost: Self.retry)
            }
        }
    }

    /// One line that the ledger refuses must not take its neighbours along.
    private func write(_ batch: ArraySlice<LogBuffer.Waiting>) async throws {
        let begun = ContinuousClock.now
        do {
            try await LogInsert.run(batch, on: pool, now: begun)
            metrics.committed(rows: batch.count, since: begun)
        } catch let error where error.isFaultOfOneRequest {
            guard batch.count > 1 else {
                metrics.refused()
                return drop(1)
            }
            let middle = batch.startIndex + batch.count / 2
            try await write(batch[..<middle])
            try await write(batch[middle...])
        }
    }

    private func drop(_ count: Int) { state.withLock { $0.buffer.drop(count) } }
}
