package import HTTPDelivery
package import Identity
package import Jobs
package import Ledger
package import Logging
package import Postgres
package import Primitives
package import Queue
package import Redis

/// All that the API works with. Whoever makes it runs the services in it.
package struct APIServices: Sendable {
    package var pool: PostgresPool
    package var redis: RedisClient
    package var intake: Intake
    package var publisher: Publisher
    package var pusher: IndexPusher
    package var queues: QueueMap
    /// What is set for the queues; whoever makes the services runs it.
    package var feed: QueueFeed
    package var registry: JobRegistry
    package var authenticator: Authenticator
    /// Whoever makes the services runs it.
    package var revocations: Revocations
    package var oauth: OAuthServer
    package var signIn: SignIn
    package var workspaceLimits: WorkspaceLimits
    /// Nil: nobody is limited.
    package var limiter: RateLimiter?
    /// What stands between the clients and this process.
    package var proxies = TrustedProxies.none
    package var sealer: Sealer
    /// Where webhooks may point to.
    package var addressPolicy: AddressPolicy
    /// For endpoints that are created without a secret; nil for a random one each.
    package var defaultWebhookSecret: WebhookSecret?
    /// Of the program, shown by the health check.
    package var version: String
    package var ids: IdentifierSource
    package var logger: Logger
    /// Requests that wait for a job's end.
    package var results: ResultWaiter
    package var canceller: JobCanceller
    /// Whether the process is about to stop; whoever makes the services runs it, after the application.
    package var drain: DrainGate
    /// What workspaces say of the events that they publish.
    let eventTypes: EventTypeDirectory
    /// Requests on their way into the integration log, and what workspaces want of it; whoever makes the services runs both.
    package var log: LogWriter
    package var logPolicies: LogPolicyFeed
    /// What `GET /metrics` shows to a client that sent this `Accept`, with its content type. Nil where nothing is observed: the route is a 404 then.
    package var exposition: (@Sendable (_ accept: String?) -> (text: String, contentType: String))?

    /// - Parameters:
    ///   - revocations: those that the authenticator hears.
    ///   - limits: where a workspace has set none of its own; nil for no limits.
    ///   - limitNamespace: what begins the names of the limits' keys in Redis.
    package init(
        pool: PostgresPool, redis: RedisClient, intake: Intake, publisher: Publisher, pusher: IndexPusher, queues: QueueMap, feed: QueueFeed, registry: JobRegistry,
        authenticator: Authenticator, oauth: OAuthServer, sealer: Sealer, addressPolicy: AddressPolicy, defaultWebhookSecret: WebhookSecret? = nil,
        version: String, ids: IdentifierSource = .system, revocations: Revocations, limits: RateLimits? = .usual, limitNamespace: String = "v1",
        logger: Logger
    ) {
        self.pool = pool
        self.redis = redis
        self.intake = intake
        self.publisher = publisher
        self.pusher = pusher
        self.queues = queues
        self.feed = feed
        self.registry = registry
        self.authenticator = authenticator
        self.oauth = oauth
        self.sealer = sealer
        self.addressPolicy = addressPolicy
        self.defaultWebhookSecret = defaultWebhookSecret
        self.version = version
        self.ids = ids
        self.logger = logger
        drain = DrainGate(pause: .zero)
        signIn = SignIn(pool: pool, redis: redis)
        self.revocations = revocations
        workspaceLimits = WorkspaceLimits(table: WorkspaceLimitTable(pool: pool), defaults: limits ?? .usual, revocations: revocations)
        limiter = limits.map { _ in RateLimiter(redis: redis, namespace: limitNamespace) }
        results = ResultWaiter(pool: pool)
        eventTypes = EventTypeDirectory(table: EventTypeTable(pool: pool))
        log = LogWriter(pool: pool, logger: logger)
        logPolicies = LogPolicyFeed(pool: pool, logger: logger)
        canceller = JobCanceller(map: queues, pool: pool, redis: redis, logger: logger)
    }
}
