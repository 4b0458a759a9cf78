import Foundation
import Glibc
import LocalStack
import Logging
import NIOPosix
import Postgres
import Primitives
import Redis

/// The two stores of the run, and what can be done to them.
final class StoreStack: Sendable {
    let postgres: PostgresServer
    let redis: RedisServer
    /// To the stores themselves, past the links.
    let pool: PostgresPool
    let index: RedisClient
    let disk: SmallDisk?
    private let redisFolder: String
    private let copy: String
    private let postgresFolder: String

    /// - Parameter disk: made in `folder`/redis beforehand.
    static func start(in folder: String, disk: SmallDisk?) async throws -> StoreStack {
        // Rewritten early, so that the small disk holds it for as long as the run lasts.
        let redisOptions = RedisServer.Options(
            lifetime: .boundToParent, isPersistent: true,
            directives: ["enable-debug-command": "local", "auto-aof-rewrite-min-size": "8mb", "aof-load-truncated": "yes"])
        let redis = try await RedisServer.start(in: folder + "/redis", options: redisOptions)
        let postgres = try await PostgresServer.start(in: folder + "/postgres", options: PostgresServer.Options(lifetime: .boundToParent, isDurable: false))
        return try StoreStack(folder: folder, postgres: postgres, redis: redis, disk: disk)
    }

    private init(folder: String, postgres: PostgresServer, redis: RedisServer, disk: SmallDisk?) throws {
        self.postgres = postgres
        self.redis = redis
        self.disk = disk
        redisFolder = folder + "/redis"
        copy = folder + "/copy.rdb"
        var logger = Logger(label: "chaos")
        logger.logLevel = .critical
        var configuration = try PostgresConfiguration(url: postgres.url)
        configuration.maxConnections = 2
        configuration.statementTimeout = .seconds(120)
        configuration.applicationName = "voicera chaos"
        pool = PostgresPool(configuration, logger: logger)
        index = RedisClient(try RedisConfiguration(url: redis.url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        guard let host = postgres.url.split(separator: "host=").last?.removingPercentEncoding else { throw ChaosFailure("no socket in \(postgres.url)") }
        postgresFolder = host
    }

    var databaseURL: String { postgres.url }
    var redisURL: String { redis.url }
    var redisSocket: String { redis.socketPath }
    var postgresSocket: String { postgresFolder + "/.s.PGSQL.5432" }

    func stop() async {
        await redis.kill()
        await redis.close()
        await postgres.stopImmediately()
        await postgres.close()
        await disk?.remove()
    }

    // MARK: copies of the index

    /// What Redis has now, by BGSAVE.
    func takeCopy() async throws {
        let dump = redisFolder + "/dump.rdb"
        try? FileManager.default.removeItem(atPath: dump)
        _ = try await index.send(["BGSAVE", "SCHEDULE"])
        let deadline = ContinuousClock.now + .seconds(20)
        while !FileManager.default.fileExists(atPath: dump) {
            guard ContinuousClock.now < deadline else { throw ChaosFailure("BGSAVE wrote nothing within 20 s") }
            try await Task.sleep(for: .milliseconds(20))
        }
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: dump, toPath: copy)
    }

    /// The copy instead of what the stopped Redis had: as the base of an append-only file, which is what it reads at its start.
    func putCopyBack() throws {
        let folder = redisFolder + "/appendonlydir"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: copy, toPath: folder + "/appendonly.aof.1.base.rdb")
        try Data("file appendonly.aof.1.base.rdb seq 1 type b\n".utf8).write(to: URL(filePath: folder + "/appendonly.aof.manifest"))
    }

    /// The copy into the running server: it keeps its `run_id` and its connections, and knows less than a moment ago.
    func loadCopy() async throws {
        try? FileManager.default.removeItem(atPath: redisFolder + "/dump.rdb")
        try FileManager.default.copyItem(atPath: copy, toPath: redisFolder + "/dump.rdb")
        _ = try await index.send(["DEBUG", "RELOAD", "NOSAVE"], deadline: .seconds(20))
    }

    func eraseRedis() {
        for name in ["appendonlydir", "dump.rdb"] { try? FileManager.default.removeItem(atPath: redisFolder + "/" + name) }
    }
}
