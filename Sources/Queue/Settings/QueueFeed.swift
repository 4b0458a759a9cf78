package import Ledger
package import Logging
import Primitives
import ServiceLifecycle
import Synchronization

/// What is set for the queues, read again every second: weights and limits for a process's workers, draining for its API.
package final class QueueFeed: Service {
    private let table: QueueSettingsTable
    private let logger: Logger
    private let known = Mutex<[String: QueueSettings]>([:])
    private static let pause = Duration.seconds(1)

    package init(table: QueueSettingsTable, logger: Logger) {
        self.table = table
        self.logger = logger
    }

    /// As of the last look; the defaults for a queue that was never changed.
    package func settings(of queue: String) -> QueueSettings { known.withLock { $0[queue] } ?? QueueSettings(queue: queue) }

    package func refresh() async throws {
        let settings = try await table.all()
        known.withLock { $0 = settings }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.refresh()
                } catch {
                    // What was known stays in force.
                    if !Task.isCancelled { self.logger.debug("queue settings could not be read", metadata: ["error": "\(error)"]) }
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }
}
