import API
import CoreMetrics
import FoundationEssentials
import HTTPDelivery
import Identity
import Jobs
import Ledger
import LocalStack
import Logging
import NIOPosix
import Postgres
import Primitives
import Queue
import Redis
import ServiceLifecycle
import Telemetry
import TestSupport

/// The real application on a free port, with a database of its own and a workspace with a key of every scope.
struct TestAPI: Sendable {
    let pool: PostgresPool
    let settlements: SettlementWriter
    let workspace: WorkspaceID
    let client: Client
    let lines: LogLines
    let queues: QueueMap
    let redis: RedisClient
    private let group: ServiceGroup
    let oauth: OAuthServer
    let revocations: Revocations
    let services: APIServices

    /// - Parameters:
    ///   - database: a server of the test's own, for one that stops it.
    ///   - redisURL: another Redis than the shared one.
    ///   - isRedisThere: false for one that is not: the API begins without it.
    ///   - configure: what is to be other than usual.
    static func run(
        database: String? = nil, redisURL: String? = nil, isRedisThere: Bool = true, server: ServerSettings = ServerSettings(), drain: Duration = .zero,
        limits: RateLimits? = .usual, proxies: TrustedProxies = .none, settings: OAuthSettings = OAuthSettings(),
        rates: SignInThrottle.Rates = .init(), publicURL: String? = nil, configure: (inout APIServices) -> Void = { _ in },
        _ body: (TestAPI) async throws -> Void
    ) async throws {
        let lines = LogLines()
        let logger = Logger(label: "test") { _ in lines.handler }
        let url: String = if let database { database } else { try await TestPostgres.freshDatabase() }
        var configuration = try PostgresConfiguration(url: url)
        configuration.maxConnections = 6
        let pool = PostgresPool(configuration, logger: logger)
        _ = try await Migrator(LedgerMigrations.all).apply(on: pool)

        let redisURL: String = if let redisURL { redisURL } else { try await TestRedis.shared().url }
        let redis = RedisClient(try RedisConfiguration(url: redisURL), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let queues = QueueMap(namespace: namespace())
        let pusher = IndexPusher(map: queues, redis: redis, logger: logger)
        let jobs = JobWriter(pool: pool)
        let events = EventWriter(pool: pool, deliveryJob: Publisher.deliveryJob())
        let settlements = SettlementWriter(pool: pool, logger: logger)
        let keys = APIKeyTable(pool: pool)
        let feed = QueueFeed(table: QueueSettingsTable(pool: pool), logger: logger)
        let sealer = try Sealer(secret: Redacted(Sealer.randomKey()))
        let revocations = Revocations(redis: redis, logger: logger)
        let use = KeyUse(keys: keys, logger: logger)
        let oauth = OAuthServer(
            pool: pool, redis: redis, sealer: sealer, revocations: revocations, issuer: Issuer(publicURL), settings: settings)
        var services = APIServices(
            pool: pool, redis: redis, intake: Intake(writer: jobs, pusher: pusher), publisher: Publisher(writer: events, pusher: pusher),
            pusher: pusher, queues: queues, feed: feed, registry: JobRegistry(allJobs + [PickyJob.self]),
            authenticator: Authenticator(keys: keys, revocations: revocations, use: use, verify: oauth.accessTokens.verify), oauth: oauth,
            sealer: sealer, addressPolicy: AddressPolicy(), version: "1.2.3", revocations: revocations, limits: limits,
            limitNamespace: queues.namespace, logger: logger)
        services.proxies = proxies
        services.signIn = SignIn(
            pool: pool, redis: redis, namespace: namespace(), cost: PasswordCost(logarithm: 4, blockSize: 8, parallelism: 1), rates: rates)

        let registry = PrometheusRegistry()
        services.exposition = { (registry.exposition(ExpositionFormat(accept: $0)), ExpositionFormat(accept: $0).contentType) }
        configure(&services)
        let port = Promise<Int>()
        services.drain = DrainGate(pause: drain)
        let application = try buildApplication(services: services, settings: server, port: 0) { port.fulfil($0) }
        let group = ServiceGroup(
            services: [pool, redis, feed, services.logPolicies, services.log, revocations, use, jobs, events, settlements, pusher, application, services.drain], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await withMetricsFactory(registry) { try await group.run() } }
            let workspace = try await makeWorkspace(pool)
            let key = try await KeyIssuer(keys: keys).issue(name: "test", workspace: workspace, scopes: Scope.all).secret.exposed
            let client = Client(port: await port.value, key: key)
            do {
                // Before that nobody is limited and keys are forgotten at once, as without Redis.
                if isRedisThere {
                    try await eventually("Redis is there") {
                        guard revocations.isHearing else { return false }
                        return (try? await redis.send(["PING"])) != nil
                    }
                }
                try await body(
                    TestAPI(
                        pool: pool, settlements: settlements, workspace: workspace, client: client, lines: lines, queues: queues, redis: redis,
                        group: group, oauth: oauth, revocations: revocations, services: services))
            } catch {
                await group.triggerGracefulShutdown()
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            // A pause that nobody wants to wait for.
            if drain > .zero { return tasks.cancelAll() }
            try await tasks.waitForAll()
        }
    }

    /// Tells the process to stop; it does so after its pause.
    func stop() async { await group.triggerGracefulShutdown() }

    private static func makeWorkspace(_ pool: PostgresPool) async throws -> WorkspaceID {
        let workspace = IdentifierSource.system.next(Workspace.self)
        try await WorkspaceTable(pool: pool).create(workspace, name: "test")
        return workspace
    }

    /// A client of another workspace, or of this one with fewer scopes.
    func client(workspace: WorkspaceID? = nil, scopes: Set<Scope> = Scope.all) async throws -> Client {
        let other: WorkspaceID = if let workspace { workspace } else { try await Self.makeWorkspace(pool) }
        let issued = try await KeyIssuer(keys: APIKeyTable(pool: pool)).issue(name: "test", workspace: other, scopes: scopes)
        return client.with(key: issued.secret.exposed)
    }

    /// A job of this kind's own, its id.
    func makeJob(_ body: String = #"{"kind":"noop","payload":{}}"#) async throws -> String {
        let answer = try await client.post("/api/jobs", body)
        guard let id = answer.text("jobId") else { throw Unexpected(description: "no job: \(answer)") }
        return id
    }

    /// As a worker settles a job that failed for the last time.
    func bury(_ job: String, attempt: Int32 = 1, errorClass: String = "http_status") async throws {
        guard let id = JobID(job) else { throw Unexpected(description: "no job id: \(job)") }
        let verdict = try await settlements.settle(
            Settlement(
                job: id, attempt: attempt, ending: .dead, errorClass: errorClass, errorMessage: "it did not work", httpStatus: 500, duration: 1500,
                details: #"{"timings":{"total":1500}}"#))
        guard verdict == .applied else { throw Unexpected(description: "the settlement was refused") }
    }

    /// All pending jobs, on their first attempt.
    func buryAll() async throws {
        let ids = try await pool.query("SELECT id FROM jobs WHERE state = 'pending'").map { try $0.id(0) }
        try await withThrowingTaskGroup { group in
            for id in ids { group.addTask { try await bury(JobID(id).description) } }
            try await group.waitForAll()
        }
    }

    /// As the leading scheduler makes it.
    func openIndex() async throws {
        for shard in queues.shards {
            let index = LaneIndex(shard: shard, redis: redis)
            _ = try await index.reset(to: 1)
            try await index.open(1)
        }
    }

    func number(_ sql: String) async throws -> Int64 { try await pool.query(sql).first?.int64(0) ?? -1 }
    func booksDiffer() async throws -> [String] { try await Audit(pool: pool).books().differences }
}

/// A kind with a payload that can be wrong.
struct PickyJob: Job {
    static let kind = "test.picky"
    static let queue = "system"

    var name: String
    var inner: Inner?

    struct Inner: Codable {
        var count: Int
    }

    func perform(_ context: JobContext) async -> Outcome { .succeeded() }
}

/// What stops a test before it could check anything.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}
