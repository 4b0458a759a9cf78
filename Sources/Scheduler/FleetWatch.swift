package import Ledger
package import Postgres
import Primitives
import ServiceLifecycle
import Synchronization

/// What is the fleet's and no process' own, depth, lag and workers, kept ready for scrapes. Every scheduler reads it, leading or not: the figures are the
/// same wherever they are asked for, and do not go away with a leader.
package final class FleetWatch: Service {
    package struct Reading: Sendable {
        package var samples: [QueueSample]
        /// Workers that were heard of lately.
        package var workers: Int
        /// How late workspaces' webhooks are, the latest first.
        package var lags: [WebhookLagTable.Lag]
        package var endpoints: WebhookLagTable.Endpoints
        fileprivate var at: ContinuousClock.Instant
    }

    private let table: QueueSampleTable
    private let workers: WorkerTable
    private let webhooks: WebhookLagTable
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let latest = Mutex<Reading?>(nil)

    private static let pause = Duration.seconds(5)
    /// Older figures are not shown: no value is better than one that was.
    private static let longestKept = Duration.seconds(30)

    package init(pool: PostgresPool, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        table = QueueSampleTable(pool: pool)
        workers = WorkerTable(pool: pool)
        webhooks = WebhookLagTable(pool: pool)
        self.clock = clock
    }

    /// Nil when there is none that is fresh.
    package var reading: Reading? {
        let now = clock()
        return latest.withLock { $0.flatMap { $0.at + Self.longestKept > now ? $0 : nil } }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.look()
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// A ledger that does not answer leaves the last reading to grow old.
    func look() async {
        guard let samples = try? await table.latest(), let workers = try? await workers.list(), let lags = try? await webhooks.latest(),
            let endpoints = try? await webhooks.endpoints()
        else { return }
        let reading = Reading(samples: samples, workers: workers.count, lags: lags, endpoints: endpoints, at: clock())
        latest.withLock { $0 = reading }
    }
}
