import ArgumentParser
import Logging
import NIOPosix
import Postgres
import Redis

/// Where the two stores are.
struct StoreOptions: ParsableArguments {
    @Option(help: "PostgreSQL URL (DATABASE_URL).")
    var postgres: String?

    @Option(help: "Redis URL (REDIS_URL).")
    var redis: String?

    func makePool(logger: Logger, connections: Int = 10) throws -> PostgresPool {
        guard let url = postgres ?? Environment.value("DATABASE_URL") else {
            throw ValidationError("DATABASE_URL is not set and --postgres is not given")
        }
        do {
            var configuration = try PostgresConfiguration(url: url)
            configuration.maxConnections = connections
            configuration.usesPreparedStatements = Environment.value("VOICERA_UNNAMED_STATEMENTS") == nil
            return PostgresPool(configuration, logger: logger)
        } catch {
            throw ValidationError("DATABASE_URL: \(error)")
        }
    }

    /// For commands that go without: the ledger has what they do, and Redis only hears of it sooner. An address that is none is an error all the same.
    /// - Returns: nil when none is set.
    func makeRedisIfSet(logger: Logger) throws -> RedisClient? {
        guard redis ?? Environment.value("REDIS_URL") != nil else { return nil }
        return try makeRedis(logger: logger)
    }

    func makeRedis(logger: Logger) throws -> RedisClient {
        guard let url = redis ?? Environment.value("REDIS_URL") else { throw ValidationError("REDIS_URL is not set and --redis is not given") }
        do {
            return RedisClient(try RedisConfiguration(url: url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        } catch {
            throw ValidationError("REDIS_URL: \(error)")
        }
    }
}
