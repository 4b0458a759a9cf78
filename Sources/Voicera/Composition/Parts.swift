import API
import HTTPDelivery
import Identity
import Jobs
import Ledger
import Logging
import NIOCore
import Postgres
import Primitives
import Queue
import Redis
import Scheduler
import ServiceLifecycle
import Telemetry
import UnixSignals
import Worker

/// What of the system a process runs. One place wires it, for `up` and for the separate processes alike.
struct Parts {
    static let version = "0.1.0"

    let pool: PostgresPool
    let redis: RedisClient
    let sealer: Sealer
    let targets: AddressPolicy
    let map = QueueMap()
    let metrics = ProcessMetrics.registry
    /// Where scrapes are answered; nil for nowhere.
    let metricsListen: ListenAddress?
    let logger: Logger

    /// The stores first: a group stops its services from the last to the first, and everything needs the stores to the end.
    var stores: [any Service] { [pool, redis] }

    /// The API and the writers behind it. `onListening` is called with the port.
    func api(
        listen: ListenAddress, settings: ServerSettings, drain: Duration, webhookSecret: WebhookSecret?, oauth: OAuthEnvironment,
        onListening: @escaping @Sendable (Int) async -> Void
    ) throws -> [any Service] {
        let writer = JobWriter(pool: pool)
        let events = EventWriter(pool: pool, deliveryJob: Publisher.deliveryJob())
        let feed = QueueFeed(table: QueueSettingsTable(pool: pool), logger: logger)
        let pusher = IndexPusher(map: map, redis: redis, logger: logger)
        observeIntake(writer, events, pusher)
        let keys = APIKeyTable(pool: pool)
        let (revocations, use) = (Revocations(redis: redis, logger: logger), KeyUse(keys: keys, logger: logger))
        let server = OAuthServer(
            pool: pool, redis: redis, sealer: sealer, revocations: revocations, issuer: Issuer(oauth.publicURL), settings: oauth.settings)
        let authenticator = Authenticator(keys: keys, revocations: revocations, use: use, verify: server.accessTokens.verify)
        var services = APIServices(
            pool: pool, redis: redis, intake: Intake(writer: writer, pusher: pusher), publisher: Publisher(writer: events, pusher: pusher),
            pusher: pusher, queues: map, feed: feed, registry: JobRegistry(), authenticator: authenticator, oauth: server, sealer: sealer,
            addressPolicy: targets, defaultWebhookSecret: webhookSecret, version: Self.version, revocations: revocations,
            limits: try Environment.rateLimits(), logger: logger)
        services.proxies = try Environment.trustedProxies()
        services.exposition = { [metrics] accept in
            let format = ExpositionFormat(accept: accept)
            return (metrics.exposition(format), format.contentType)
        }
        services.drain = DrainGate(pause: drain)
        let bootstrap: [any Service] = oauth.client.map { [BootstrapService(client: $0, pool: pool, logger: logger)] } ?? []
        let application = try buildApplication(
            services: services, settings: settings, host: listen.host, port: listen.port, onListening: onListening)
        observe(services.log)
        return bootstrap + [feed, services.logPolicies, services.log, revocations, use, pusher, writer, events, application, services.drain]
    }

    func worker(slots: [String: Int], attempts: Int, drain: Duration) throws -> [any Service] {
        var settings = WorkerProcess.Settings()
        settings.attempts = attempts
        settings.release = Self.version
        settings.slots = ["webhooks": 512].merging(slots) { $1 }
        settings.drain = drain
        let delivery = try DeliveryClient(policy: targets)
        let worker = WorkerProcess(
            map: map, pool: pool, redis: redis, delivery: delivery, targets: targets, sealer: sealer, settings: settings, logger: logger)
        observe(worker)
        return [DeliveryClientService(client: delivery)] + worker.all
    }

    func scheduler() throws -> [any Service] {
        let scheduler = SchedulerProcess(map: map, pool: pool, redis: redis, retention: try Environment.retention(), health: try Environment.health(),
            logger: logger)
        let watch = FleetWatch(pool: pool)
        observe(scheduler, watch)
        return [scheduler, watch]
    }

    /// Runs until SIGTERM or SIGINT, then stops in good order.
    func run(_ services: [any Service]) async throws {
        DescriptorLimit.raise()
        observeStores()
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (stores + scrapes + services).map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

/// Closes the delivery client when everything that uses it has stopped.
private struct DeliveryClientService: Service {
    let client: DeliveryClient

    func run() async throws {
        try? await gracefulShutdown()
        await client.shutDown()
    }
}
