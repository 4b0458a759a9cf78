import Foundation
import LocalStack
import Primitives

/// The private Redis and PostgreSQL of `voicera up`, in a data folder. A server whose URL is given from outside is not started.
struct Stack {
    let databaseURL: String
    let redisURL: String
    private let postgres: PostgresServer?
    private let redis: RedisServer?

    static func start(in folder: String, postgres givenPostgres: String?, redis givenRedis: String?) async throws -> Stack {
        let postgres = givenPostgres == nil ? try await PostgresServer.start(in: folder + "/postgres", options: .durable) : nil
        let redis = givenRedis == nil ? try await RedisServer.start(in: folder + "/redis", options: .durable) : nil
        return Stack(
            databaseURL: givenPostgres ?? postgres?.url ?? "", redisURL: givenRedis ?? redis?.url ?? "", postgres: postgres, redis: redis)
    }

    private init(databaseURL: String, redisURL: String, postgres: PostgresServer?, redis: RedisServer?) {
        self.databaseURL = databaseURL
        self.redisURL = redisURL
        self.postgres = postgres
        self.redis = redis
    }

    /// Process ids of what was started, by name.
    var pids: [String: Int32] {
        var pids: [String: Int32] = [:]
        if let postgres { pids["postgres"] = postgres.pid }
        if let redis { pids["redis"] = redis.pid }
        return pids
    }

    /// What the operator should know of where things were put.
    var notes: [String] { postgres?.notes ?? [] }

    func stop() async {
        await redis?.close()
        await postgres?.close()
    }
}
