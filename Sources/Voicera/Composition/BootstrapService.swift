import Identity
import Logging
import Postgres
import ServiceLifecycle

/// Makes the client of the settings once the ledger can be reached, however long that takes.
struct BootstrapService: Service {
    let client: BootstrapClient
    let pool: PostgresPool
    let logger: Logger

    private static let pause = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if let outcome = try? await client.ensure(in: pool) {
                    switch outcome {
                    case .ready: break
                    case .noWorkspace: logger.warning("OAUTH_CLIENT_ID waits for a workspace; start again when there is one")
                    case .notOurs: logger.warning("OAUTH_CLIENT_ID is another client's, or it was revoked", metadata: ["client": "\(client.id)"])
                    }
                    break
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
        try? await gracefulShutdown()
    }
}
