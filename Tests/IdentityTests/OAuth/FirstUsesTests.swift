import Identity
import LocalStack
import Logging
import NIOPosix
import Primitives
import Redis
import ServiceLifecycle
import TestSupport
import Testing

@Suite struct FirstUsesTests {
    private let maker = ProofMaker()

    private func proof(_ id: String, by maker: ProofMaker? = nil) throws -> DPoPProof {
        let text = try (maker ?? self.maker).sign(nil, self.maker.claims(jti: "\"\(id)\""))
        return try DPoPProof(verifying: text, method: "POST", url: "https://api.example/api/oauth/token", now: 1_000_000)
    }

    private func withRedis(_ url: String, _ body: (RedisClient) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = try RedisConfiguration(url: url)
        configuration.connectionWait = .milliseconds(100)
        let redis = RedisClient(configuration, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await redis.run() }
            try await body(redis)
            tasks.cancelAll()
        }
    }

    @Test func `a proof is used once, by whichever process`() async throws {
        let url = try await TestRedis.shared().url
        try await withRedis(url) { redis async throws in
            let space = namespace()
            let (one, other) = (FirstUses(redis: redis, namespace: space), FirstUses(redis: redis, namespace: space))
            #expect(try await one.isFirst(proof("a")))
            #expect(try await !one.isFirst(proof("a")))
            #expect(try await !other.isFirst(proof("a")))
            #expect(try await other.isFirst(proof("b")))
            #expect(try await other.isFirst(proof("a", by: ProofMaker())), "an id is its key's own")
        }
    }

    @Test func `a used proof is remembered for as long as its time lets it be used`() async throws {
        try await withRedis(try await TestRedis.shared().url) { redis in
            let space = namespace()
            #expect(try await FirstUses(redis: redis, namespace: space).isFirst(proof("a")))
            let keys = try await redis.send(["KEYS", .string("\(space):dpop:*")])
            let key = try #require(keys.array?.first?.text)
            let seconds = try #require(try await redis.send(["TTL", .string(key)]).integer)
            // From a window before its time to a window after it.
            #expect(seconds > 2 * DPoPProof.window && seconds <= 2 * DPoPProof.window + 10)
        }
    }

    @Test func `of many at once one is the first`() async throws {
        try await withRedis(try await TestRedis.shared().url) { redis async throws in
            let uses = FirstUses(redis: redis, namespace: namespace())
            let proof = try proof("a")
            let firsts = await withTaskGroup { group in
                for _ in 0..<50 { group.addTask { await uses.isFirst(proof) } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(firsts == 1)
        }
    }

    @Test func `without Redis a process goes by what it has seen itself`() async throws {
        try await withRedis("redis://127.0.0.1:1") { redis async throws in
            let uses = FirstUses(redis: redis, namespace: namespace())
            #expect(try await uses.isFirst(proof("a")))
            #expect(try await !uses.isFirst(proof("a")))
            #expect(try await uses.isFirst(proof("b")))
        }
    }
}
