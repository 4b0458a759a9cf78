package import Ledger
package import Logging
package import Primitives
import ServiceLifecycle
import Synchronization

/// Writes down when keys were last used: in batches beside the requests, and at most once a minute a key.
package final class KeyUse: Service {
    private let keys: APIKeyTable
    private let logger: Logger
    private let pending = Mutex<Set<APIKeyID>>([])
    private static let pause = Duration.seconds(5)
    /// More keys in one pause wait for their next use.
    private static let mostPending = 10_000

    package init(keys: APIKeyTable, logger: Logger) {
        self.keys = keys
        self.logger = logger
    }

    package func note(_ key: APIKeyID) {
        pending.withLock { if $0.count < Self.mostPending { $0.insert(key) } }
    }

    /// What was noted until now; it is noted again when it cannot be written.
    package func flush() async {
        let noted = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        guard !noted.isEmpty else { return }
        do {
            try await keys.noteUse(of: noted.sorted())
        } catch {
            logger.debug("the use of keys could not be written", metadata: ["error": "\(error)"])
            pending.withLock { if $0.count < Self.mostPending { $0.formUnion(noted) } }
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                await self.flush()
            }
        }
    }
}
