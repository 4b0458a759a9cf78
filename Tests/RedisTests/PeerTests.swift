internal import LocalStack
internal import Logging
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import Redis

/// Peers that are not what they should be, and the client's own end.
@Suite struct PeerTests {
    @Test(arguments: [
        Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), [0, 255, 1, 2, 3], Array("$-5\r\n".utf8), Array(":nine\r\n".utf8),
        Array("*2147483648\r\n".utf8), [0x0d, 0x0a],
        Array(String(repeating: "*1\r\n", count: 20).utf8),
    ]) func `malformed bytes are a protocol violation`(answer: [UInt8]) async throws {
        try await FakeRedis.with(answer: answer) { url in
            try await withClient(url) { client in
                let error = await failure { try await client.send(["GET", "x"]) }
                #expect(error?.code == .protocolViolation && error?.outcomeUnknown == true)
            }
        }
    }

    @Test func `a reply nobody asked for ends the connection, and the client makes another`() async throws {
        try await FakeRedis.with(answer: Array("+one\r\n+two\r\n".utf8)) { url in
            try await withClient(url, configure: { $0.connections = 1 }) { client in
                #expect(try await client.send(["GET", "x"]).text == "one")
                try await eventually("another connection answers") { await failure { try await client.send(["GET", "x"]) } == nil }
            }
        }
    }

    @Test func `a wrong password is told to callers and the log, and is in neither`() async throws {
        let log = Mutex("")
        let logger = Logger(label: "test") { _ in RecordingLog { line in log.withLock { $0 += line + "\n" } } }
        try await withRedis { redis in
            try await withClient(redis.url) { _ = try await $0.send(["CONFIG", "SET", "requirepass", "right-hunter2"]) }
            let url = redis.url.replacing("unix://", with: "unix://:wrong-hunter2@")
            try await withClient(url, logger: logger, isConnected: false) { client in
                try await eventually("told") {
                    let error = await failure { try await client.send(["GET", "x"]) }
                    let text = error.map { "\($0) \(String(reflecting: $0))" } ?? ""
                    #expect(!text.contains("hunter2"))
                    return error?.code == .unavailable && text.contains("WRONGPASS")
                }
                #expect(!client.isConnected)
            }
            try await withClient(redis.url.replacing("unix://", with: "unix://default:right-hunter2@") + "?db=3", logger: logger) {
                client async throws in
                #expect(try await client.send(["CLIENT", "INFO"]).text?.contains(" db=3 ") == true)
            }
        }
        let lines = log.withLock { $0 }
        #expect(lines.contains("WRONGPASS") && lines.contains("Redis connected") && !lines.contains("hunter2"))
    }

    @Test func `without a server commands fail at once and not after their deadline`() async throws {
        try await withClient("unix:///nowhere/redis.sock", isConnected: false, configure: { $0.commandDeadline = .seconds(60) }) { client in
            let start = ContinuousClock.now
            for _ in 0..<3 { #expect(await failure { try await client.send(["PING"]) }?.code == .unavailable) }
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func `a graceful shutdown waits for the replies that are owed, and refuses the rest`() async throws {
        try await withRedis { redis in
            let client = RedisClient(
                try RedisConfiguration(url: redis.url), eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
            let group = ServiceGroup(configuration: .init(services: [client], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
            try await withThrowingTaskGroup { tasks in
                tasks.addTask { try await group.run() }
                try await eventually("connected") { client.isConnected }
                redis.pause()
                tasks.addTask { () async throws in #expect(try await client.send(["ECHO", "owed"], deadline: .seconds(30)).text == "owed") }
                try await eventually("in flight") { client.budget.commandsInFlight == 1 }
                await group.triggerGracefulShutdown()
                try await eventually("closed") { await failure { try await client.send(["PING"], deadline: .milliseconds(50)) }?.code == .closed }
                redis.resume()
                try await tasks.waitForAll()
            }
            #expect(!client.isConnected)
            #expect(await failure { try await client.send(["PING"]) }?.code == .closed)
        }
    }
}

private struct RecordingLog: LogHandler {
    let record: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { record("\(event.message) \(event.metadata ?? [:])") }
}
