import FoundationEssentials
import Glibc
import LocalStack
import TestSupport
import Testing

/// Each body runs in a process of its own, which is killed there and then.
@Suite struct LifetimeTests {
    @Test func `servers bound to a process die when it is killed, and its folders go`() async throws {
        let report = try TemporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = report.path as String] in
            let redis = try await TestRedis.exclusive()
            let postgres = try await TestPostgres.exclusive()
            let folder = try TemporaryDirectory()
            try write("\(redis.pid)\n\(postgres.pid)\n\(folder.path)\n\(redis.socketPath)", to: path)
            kill(getpid(), SIGKILL)
        }
        let lines = try read(report.path)
        #expect(lines.count == 4)
        for pid in lines.prefix(2).compactMap({ Int32($0) }) {
            try await eventually("process \(pid) dies with its parent") { !isAlive(pid) }
        }
        for path in lines.suffix(2) { try await eventually("\(path) is removed") { !exists(path) } }
    }

    @Test func `persistent servers outlive a killed process, and the next start adopts them`() async throws {
        let home = try TemporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = home.path as String] in
            let redis = try await RedisServer.start(in: path + "/redis")
            let postgres = try await PostgresServer.start(in: path + "/postgres")
            try write("\(redis.pid)\n\(postgres.pid)", to: path)
            kill(getpid(), SIGKILL)
        }
        let pids = try read(home.path).compactMap { Int32($0) }
        #expect(pids.count == 2)
        let redis = try await RedisServer.start(in: home.path + "/redis")
        let postgres = try await PostgresServer.start(in: home.path + "/postgres")
        #expect([redis.pid, postgres.pid] == pids)
        #expect(try await ask(redis, "PING") == ["PONG"])
        #expect(try await postgres.psql("SELECT 1") == "1")
        // An adopted one is stopped, and started again, like a child of our own.
        await postgres.stop()
        #expect(!isAlive(pids[1]))
        try await redis.restart()
        #expect(redis.pid != pids[0])
        await redis.close()
        await postgres.close()
    }

    @Test func `a pid file that names another program's process is not believed`() async throws {
        let home = try TemporaryDirectory()
        for server in ["redis", "postgres/data"] {
            try FileManager.default.createDirectory(atPath: "\(home.path)/\(server)", withIntermediateDirectories: true)
        }
        try Data("\(getpid())\n".utf8).write(to: URL(filePath: home.path + "/redis/redis.pid"))
        let redis = try await RedisServer.start(in: home.path + "/redis")
        #expect(redis.pid != getpid())
        await redis.close()

        var postgres = try await PostgresServer.start(in: home.path + "/postgres")
        await postgres.kill()
        await postgres.close()
        let (data, stale) = (home.path + "/postgres/data", home.path + "/postgres/data/postmaster.pid")
        let text = try String(contentsOfFile: stale, encoding: .utf8).split(separator: "\n").dropFirst()
        try Data("\(getpid())\n\(text.joined(separator: "\n"))\n".utf8).write(to: URL(filePath: stale))
        postgres = try await PostgresServer.start(in: home.path + "/postgres")
        #expect(postgres.pid != getpid(), "\(data)")
        await postgres.close()
    }

    @Test func `a child can be ended by a signal that its parent ignores`() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGTERM, SIG_IGN)
            let child = try ChildProcess("/bin/sleep", ["60"])
            try await eventually("it has become sleep") { try commandName(child.pid) == "sleep" }
            child.signal(SIGTERM)
            let ending = try await child.wait(within: .seconds(10))
            #expect(ending == .killed(by: SIGTERM))
        }
    }
}

private func write(_ text: String, to folder: String) throws { try Data(text.utf8).write(to: URL(filePath: folder + "/report")) }

private func read(_ folder: String) throws -> [String] {
    try String(contentsOfFile: folder + "/report", encoding: .utf8).split(separator: "\n").map(String.init)
}

private func commandName(_ pid: Int32) throws -> String {
    try String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8).split(separator: "\n").joined()
}
