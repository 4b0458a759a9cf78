import API
import ArgumentParser
import Foundation
import Identity
import Jobs
import Ledger
import LocalStack
import Logging
import Postgres
import Primitives
import Redis

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Everything in one process, on a private Redis and PostgreSQL in a data folder.",
        discussion: "When ready it writes DIR/run.json, readable by you only, with all that a script needs.")

    @Option(help: "Data folder (VOICERA_DATA).")
    var data: String?
    @Option(help: "Where to listen, HOST:PORT (VOICERA_LISTEN).")
    var listen: ListenAddress?
    @Option(help: "Use this Redis instead of a private one (REDIS_URL).")
    var redis: String?
    @Option(help: "Use this PostgreSQL instead of a private one (DATABASE_URL).")
    var postgres: String?
    @OptionGroup var worker: WorkerOptions
    @OptionGroup var metrics: MetricsOptions

    func run() async throws {
        let logger = try Environment.logger()
        let listen = try listen ?? Environment.listenAddress()
        let metricsListen = try metrics.address()
        let slots = try worker.slots()
        let drain = try worker.drainTime()
        let attempts = try worker.attemptLimit()
        let settings = try Environment.server()
        let scheme = settings.certificate == nil ? "http" : "https"
        let webhookSecret = try Environment.defaultWebhookSecret()
        let targets = try Environment.addressPolicy()
        let oauth = try Environment.oauth()
        let folder = try DataFolder(data ?? Environment.value("VOICERA_DATA") ?? ".voicera")
        let sealer = try Environment.sealer(folder.secretKey())
        let stack: Stack
        do {
            stack = try await Stack.start(
                in: folder.path, postgres: postgres ?? Environment.value("DATABASE_URL"), redis: redis ?? Environment.value("REDIS_URL"))
        } catch {
            throw ValidationError("\(error)")
        }
        for note in stack.notes { logger.notice("\(note)") }
        do {
            var stores = StoreOptions()
            stores.postgres = stack.databaseURL
            stores.redis = stack.redisURL
            let access = try await prepare(folder, client: oauth.client, pool: try stores.makePool(logger: logger, connections: 2))
            let parts = Parts(
                pool: try stores.makePool(logger: logger), redis: try stores.makeRedis(logger: logger), sealer: sealer, targets: targets,
                metricsListen: metricsListen, logger: logger)
            let api = try parts.api(listen: listen, settings: settings, drain: .zero, webhookSecret: webhookSecret, oauth: oauth) { port in
                let run = DataFolder.Run(
                    baseUrl: "\(scheme)://\(listen.host):\(port)", workspaceId: access.workspaceId, apiKey: access.apiKey,
                    databaseUrl: stack.databaseURL, redisUrl: stack.redisURL,
                    pids: stack.pids.merging(["voicera": ProcessInfo.processInfo.processIdentifier]) { $1 })
                do {
                    try folder.announce(run)
                    printNow("ready: \(scheme)://\(listen.host):\(port), see \(folder.path)/run.json")
                } catch {
                    logger.error("run.json could not be written", metadata: ["error": "\(error)"])
                }
            }
            try await parts.run(try parts.worker(slots: slots, attempts: attempts, drain: drain) + parts.scheduler() + api)
        } catch {
            folder.withdraw()
            await stack.stop()
            throw error
        }
        folder.withdraw()
        await stack.stop()
    }

    /// Schema, a workspace and a key with every scope: found again at the next start.
    private func prepare(_ folder: DataFolder, client: BootstrapClient?, pool: PostgresPool) async throws -> DataFolder.Access {
        try await withPool(pool) {
            _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
            try await LogPartitions(pool: pool).ensure()
            try await EventBodies(pool: pool).ensure()
            let access = try await access(folder, pool)
            // Beside the service that does it when it can: whoever reads run.json can use it.
            _ = try await client?.ensure(in: pool)
            return access
        }
    }

    private func access(_ folder: DataFolder, _ pool: PostgresPool) async throws -> DataFolder.Access {
        if let kept = folder.access(), try await Authenticator(keys: APIKeyTable(pool: pool)).authenticate(kept.apiKey) != nil { return kept }
        let workspaces = WorkspaceTable(pool: pool)
        let workspace: WorkspaceID
        if let first = try await workspaces.first() {
            workspace = first.id
        } else {
            workspace = IdentifierSource.system.next()
            try await workspaces.create(workspace, name: "default")
        }
        let issued = try await KeyIssuer(keys: APIKeyTable(pool: pool)).issue(name: "voicera up", workspace: workspace, scopes: Scope.all)
        let access = DataFolder.Access(workspaceId: workspace.description, apiKey: issued.secret.exposed)
        try folder.keep(access)
        return access
    }
}
