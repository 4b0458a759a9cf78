import LocalStack
import TestSupport
import Testing

@Suite struct RedisServerTests {
    @Test func `a private Redis answers on its socket and listens on no port`() async throws {
        let redis = try await TestRedis.exclusive()
        #expect(try await ask(redis, "CONFIG", "GET", "port") == ["port", "0"])
        #expect(redis.url == "unix://\(redis.socketPath)")
        #expect(redis.isRunning)
        await redis.close()
        #expect(!redis.isRunning)
        #expect(redis.pid == 0)
    }

    @Test func `a durable Redis keeps its data over a stop, one for tests forgets it`() async throws {
        let folder = try TemporaryDirectory()
        for isPersistent in [true, false] {
            let options = RedisServer.Options(lifetime: .boundToParent, isPersistent: isPersistent)
            let redis = try await RedisServer.start(in: "\(folder.path)/\(isPersistent)", options: options)
            #expect(try await ask(redis, "SET", "name", "kept") == ["OK"])
            let (url, pid) = (redis.url, redis.pid)
            try await redis.restart()
            #expect(redis.url == url)
            #expect(redis.pid != pid)
            #expect(try await ask(redis, "GET", "name") == [isPersistent ? "kept" : ""])
            await redis.close()
        }
    }

    @Test func `a killed Redis is gone when the call returns, and starts again`() async throws {
        let redis = try await TestRedis.exclusive()
        let pid = redis.pid
        await redis.kill()
        #expect(!isAlive(pid))
        try await redis.restart()
        #expect(try await ask(redis, "PING") == ["PONG"])
        await redis.close()
    }

    @Test func `a paused Redis answers only after it is resumed`() async throws {
        let redis = try await TestRedis.exclusive()
        redis.pause()
        try await eventually("the process is stopped") { processState(redis.pid) == "T" }
        let waiting = try ChildProcess(redisCLI, ["-s", redis.socketPath, "PING"])
        redis.resume()
        try await waiting.waitForLine(containing: "PONG")
        await redis.close()
    }

    @Test func `a paused Redis can be stopped`() async throws {
        let redis = try await TestRedis.exclusive()
        let pid = redis.pid
        redis.pause()
        try await eventually("the process is stopped") { processState(pid) == "T" }
        // It obeys SIGTERM, which it gets only after SIGCONT; SIGKILL would come after 20 seconds.
        let time = await ContinuousClock().measure { await redis.stop() }
        #expect(time < .seconds(15))
        #expect(!isAlive(pid))
        await redis.close()
    }

    @Test func `a start that fails says what the server said`() async throws {
        let folder = try TemporaryDirectory()
        let options = RedisServer.Options(lifetime: .boundToParent, isPersistent: false, directives: ["no-such-directive": "1"])
        let error = await #expect(throws: LocalStackError.self) { try await RedisServer.start(in: folder.path, options: options) }
        #expect(error?.code == .startFailed)
        #expect(error?.description.contains("no-such-directive") == true)
    }

    @Test func `a folder in use is refused, and free again after a close`() async throws {
        let folder = try TemporaryDirectory()
        let first = try await RedisServer.start(in: folder.path, options: .forTests)
        let error = await #expect(throws: LocalStackError.self) { try await RedisServer.start(in: folder.path, options: .forTests) }
        #expect(error?.code == .folderInUse)
        #expect(first.isRunning)
        await first.close()
        await (try RedisServer.start(in: folder.path, options: .forTests)).close()
    }

    @Test func `a deep folder with blanks gets a short socket elsewhere, removed at the close`() async throws {
        let folder = try TemporaryDirectory()
        let redis = try await RedisServer.start(in: folder.path + "/" + String(repeating: "ä b/", count: 40) + "end", options: .forTests)
        #expect(redis.socketPath.utf8.count < 100)
        #expect(try await ask(redis, "PING") == ["PONG"])
        await redis.close()
        #expect(!exists(redis.socketPath.dropLast("/redis.sock".count)))
    }
}
