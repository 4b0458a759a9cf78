import Foundation
import LocalStack
import Logging
import NIOPosix
import Postgres
import Primitives
import Redis
import Synchronization
import TestSupport

/// The whole system as an operator runs it: separate `voicera` processes on a Redis and a PostgreSQL of this test's own.
final class Fleet: Sendable {
    struct Plan: Sendable {
        var startsAPI = true
        var startsScheduler = true
        var workers = 0
        var concurrency = "webhooks=100"
        var logLevel = "info"
        var redisIsPersistent = false
    }

    private struct Named: Sendable {
        var name: String
        var process: ChildProcess
    }
    private struct State {
        var processes: [Named] = []
        var client: Client?
        var workers = 0
    }

    let redis: RedisServer
    let postgres: PostgresServer
    let index: RedisClient
    let pool: PostgresPool
    let plan: Plan
    let secrets: Secrets
    private let state = Mutex(State())

    /// What no log and no dump may hold.
    struct Secrets: Sendable {
        var secretKey: String
        var databasePassword: String
        var webhookSecret: String

        init() {
            func random(_ count: Int) -> Data { Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }) }
            secretKey = random(32).base64EncodedString()
            databasePassword = "sesame" + random(12).map { String($0, radix: 16) }.joined()
            webhookSecret = "whsec_" + random(32).base64EncodedString()
        }
    }

    /// Starts what the plan says, runs the body, and stops everything, whatever happens. When the body fails, it prints what the processes said.
    static func run(_ plan: Plan = Plan(), _ body: (Fleet) async throws -> Void) async throws {
        async let redis = TestRedis.exclusive(RedisServer.Options(lifetime: .boundToParent, isPersistent: plan.redisIsPersistent))
        async let postgres = TestPostgres.exclusive()
        let fleet = try await Fleet(plan, redis: redis, postgres: postgres)
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { try await fleet.pool.run() }
                group.addTask { try await fleet.index.run() }
                defer { group.cancelAll() }
                try await fleet.start()
                try await body(fleet)
            }
        } catch {
            print(fleet.diary)
            await fleet.stop()
            throw error
        }
        await fleet.stop()
    }

    private init(_ plan: Plan, redis: RedisServer, postgres: PostgresServer) throws {
        self.plan = plan
        self.redis = redis
        self.postgres = postgres
        secrets = Secrets()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = try PostgresConfiguration(url: postgres.url)
        configuration.maxConnections = 2
        configuration.statementTimeout = .seconds(120)
        pool = PostgresPool(configuration, logger: logger)
        index = RedisClient(try RedisConfiguration(url: redis.url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
    }

    private func start() async throws {
        _ = try await command("migrate")
        let key = try await command("keys", "create", "--new-workspace", "test")
        guard let secret = key.first(where: { $0.hasPrefix("key ") })?.split(separator: " ").last else { throw NeverHappened("a key: \(key)") }
        state.withLock { $0.client = Client(baseURL: "", key: String(secret)) }
        if plan.startsScheduler { try startScheduler() }
        if plan.startsAPI { try await startAPI() }
        for _ in 0..<plan.workers { try startWorker() }
    }

    func stop() async {
        for named in state.withLock({ $0.processes }) { named.process.kill() }
        await redis.close()
        await postgres.close()
    }

    // MARK: processes

    /// With a password that trust authentication does not ask for: it must not come out anywhere all the same.
    var databaseURL: String { postgres.url.replacing("voicera@", with: "voicera:\(secrets.databasePassword)@", maxReplacements: 1) }

    private var environment: [String: String?] {
        [
            "DATABASE_URL": databaseURL, "REDIS_URL": redis.url, "VOICERA_SECRET_KEY": secrets.secretKey,
            "VOICERA_ALLOW_TARGETS": "127.0.0.0/8", "VOICERA_LISTEN": "127.0.0.1:0", "VOICERA_CONCURRENCY": plan.concurrency,
            "VOICERA_LOG_LEVEL": plan.logLevel, "VOICERA_FAULT_POINT": nil,
        ]
    }

    @discardableResult
    func startAPI(_ more: [String: String?] = [:]) async throws -> ChildProcess {
        let process = try keep("api", ChildProcess.voicera("api", environment: environment.merging(more) { $1 }))
        let line = try await process.waitForLine(containing: "listening on http://")
        guard let address = line.split(separator: " ").last else { throw NeverHappened("an address in: \(line)") }
        state.withLock { $0.client = Client(baseURL: String(address), key: $0.client?.key ?? "") }
        return process
    }

    @discardableResult
    func startWorker(_ more: [String: String?] = [:], behind command: [String] = []) throws -> ChildProcess {
        let number = state.withLock { state in
            state.workers += 1
            return state.workers
        }
        return keep("worker \(number)", try ChildProcess.voicera(["worker"], environment: environment.merging(more) { $1 }, behind: command))
    }

    @discardableResult
    func startScheduler(_ more: [String: String?] = [:]) throws -> ChildProcess {
        keep("scheduler", try ChildProcess.voicera("scheduler", environment: environment.merging(more) { $1 }))
    }

    private func keep(_ name: String, _ process: ChildProcess) -> ChildProcess {
        state.withLock { $0.processes.append(Named(name: name, process: process)) }
        return process
    }

    /// A command of the operator's; what it prints when it succeeds.
    func command(_ arguments: String..., exiting status: Int32 = 0) async throws -> [String] {
        let process = try ChildProcess.voicera(arguments, environment: environment)
        let ending = try await process.wait()
        guard ending == .exited(status) else {
            let said = (process.outputLines + process.errorLines).joined(separator: "\n")
            throw NeverHappened("\(arguments.joined(separator: " ")): \(ending)\n\(said)")
        }
        return process.outputLines
    }

    /// A command of the operator's that runs until it is told to stop.
    func launch(_ arguments: String...) throws -> ChildProcess {
        keep(arguments.first ?? "", try ChildProcess.voicera(arguments, environment: environment))
    }

    var client: Client { state.withLock { $0.client } ?? Client(baseURL: "", key: "") }

    func process(named name: String) -> ChildProcess? { state.withLock { $0.processes }.first { $0.name == name }?.process }

    /// All that the processes have said, by process.
    var said: [(name: String, lines: [String])] {
        state.withLock { $0.processes }.map { ($0.name, $0.process.outputLines + $0.process.errorLines) }
    }

    func lines(containing text: String) -> [String] { said.flatMap(\.lines).filter { $0.contains(text) } }

    private var diary: String {
        said.map { "=== \($0.name)\n\($0.lines.suffix(25).map { $0.prefix(400) }.joined(separator: "\n"))" }.joined(separator: "\n")
    }
}

extension Fleet.Plan {
    static func with(
        startsAPI: Bool = true, startsScheduler: Bool = true, workers: Int = 0, concurrency: String = "webhooks=100", logLevel: String = "info"
    ) -> Fleet.Plan {
        Fleet.Plan(startsAPI: startsAPI, startsScheduler: startsScheduler, workers: workers, concurrency: concurrency, logLevel: logLevel)
    }
}
