package import Identity
package import Ledger
package import Primitives

/// Which limits hold in a workspace. Remembered, so that a request reads nothing; a change reaches every process through the revocations.
package struct WorkspaceLimits: Sendable {
    /// Where a workspace has set nothing.
    package let defaults: RateLimits
    private let table: WorkspaceLimitTable
    private let cache: RevocableCache<WorkspaceID, RateLimits>
    /// How long the defaults stand in while the ledger does not answer.
    private static let withoutLedger = Duration.seconds(1)

    package init(table: WorkspaceLimitTable, defaults: RateLimits, revocations: Revocations) {
        self.table = table
        self.defaults = defaults
        cache = RevocableCache(revocations: revocations)
    }

    /// What is announced when a workspace's limits have changed.
    package static func subject(of workspace: WorkspaceID) -> String { "limits \(workspace)" }

    package func limits(of workspace: WorkspaceID) async -> RateLimits {
        if let known = cache.known(workspace) { return known ?? defaults }
        let read = try? await cache.value(for: workspace) {
            do {
                return Remembered(defaults.with(try await table.find(workspace)), subjects: [Self.subject(of: workspace)])
            } catch where !Task.isCancelled {
                return Remembered(defaults, subjects: [Self.subject(of: workspace)], life: Self.withoutLedger)
            }
        }
        return (read ?? nil) ?? defaults
    }
}
