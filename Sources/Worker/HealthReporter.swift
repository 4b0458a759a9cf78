import Jobs
import Logging
import ServiceLifecycle

/// Writes what the deliveries tell of their endpoints, once a second, and a last time when the runners have ended.
struct HealthReporter: Service {
    let guardian: EndpointGuard
    let logger: Logger

    private static let pause = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                await report()
            }
        }
        await report()
    }

    /// A ledger that is away is told later.
    private func report() async {
        do {
            try await guardian.flush()
        } catch {
            if !Task.isCancelled { logger.debug("the health of endpoints could not be written", metadata: ["error": "\(error)"]) }
        }
    }
}
