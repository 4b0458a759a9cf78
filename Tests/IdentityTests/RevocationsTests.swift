import Identity
import LocalStack
import Logging
import NIOPosix
import Redis
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RevocationsTests {
    private final class Heard: Sendable {
        private let all = Mutex<[Revocations.News]>([])
        var news: [Revocations.News] { all.withLock { $0 } }
        func hear(_ news: Revocations.News) { all.withLock { $0.append(news) } }
    }

    /// As a process of its own has them.
    private static func withRevocations(_ url: String, _ body: (Revocations, Heard) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let redis = RedisClient(try RedisConfiguration(url: url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let revocations = Revocations(redis: redis, logger: logger)
        let heard = Heard()
        revocations.listen { heard.hear($0) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await redis.run() }
            group.addTask { try await revocations.run() }
            defer { group.cancelAll() }
            try await eventually("the channel is heard") { revocations.isHearing }
            try await body(revocations, heard)
        }
    }

    @Test func `what one process revokes, another hears within a second`() async throws {
        let server = try await TestRedis.exclusive()
        try await Self.withRevocations(server.url) { one, own in
            try await Self.withRevocations(server.url) { _, other in
                #expect(await one.announce(["key_a"]))
                #expect(own.news.contains(.over(["key_a"])), "at once in the own process")
                try await eventually("heard", within: .seconds(1)) { other.news.contains(.over(["key_a"])) }
            }
        }
        await server.close()
    }

    @Test func `what Redis did not take is said again when it is back`() async throws {
        let server = try await TestRedis.exclusive()
        try await Self.withRevocations(server.url) { one, own in
            try await Self.withRevocations(server.url) { other, heard in
                await server.stop()
                try await eventually("the loss is noticed") { !other.isHearing && !one.isHearing }
                #expect(await !one.announce(["key_b"]))
                #expect(own.news.last == .over(["key_b"]))
                try await server.restart()
                try await eventually("heard") { other.isHearing && heard.news.contains(.over(["key_b"])) }
                #expect(heard.news.contains(.deaf))
            }
        }
        await server.close()
    }
}
