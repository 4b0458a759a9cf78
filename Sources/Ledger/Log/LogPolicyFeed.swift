package import Logging
package import Postgres
package import Primitives
import ServiceLifecycle
import Synchronization

/// What workspaces want of the log, for a process that must not ask at each request: changes are read once a second.
package final class LogPolicyFeed: Service {
    private struct State {
        /// Only of workspaces that want bodies.
        var known: [WorkspaceID: LogPolicy] = [:]
        var latest: Int64?
    }

    private let table: LogPolicyTable
    private let logger: Logger
    private let state = Mutex(State())
    private static let pause = Duration.seconds(1)

    package init(pool: PostgresPool, logger: Logger) {
        table = LogPolicyTable(pool: pool)
        self.logger = logger
    }

    /// As of the last look. Nil for one that wants no bodies.
    package func policy(of workspace: WorkspaceID) -> LogPolicy? { state.withLock { $0.known[workspace] } }

    /// What this process has changed itself, it need not wait for.
    package func note(_ policy: LogPolicy, of workspace: WorkspaceID) {
        state.withLock { $0.known[workspace] = policy.bodies == .off ? nil : policy }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.refresh()
                } catch {
                    // What was known stays in force.
                    if !Task.isCancelled { self.logger.debug("log policies could not be read", metadata: ["error": "\(error)"]) }
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func refresh() async throws {
        let (policies, latest) = try await table.changed(since: state.withLock(\.latest))
        for (workspace, policy) in policies { note(policy, of: workspace) }
        state.withLock { $0.latest = latest }
    }
}
