internal import Primitives
internal import Testing

@testable internal import Redis

@Suite struct ConfigurationTests {
    @Test func `each form of URL is understood`() throws {
        let plain = try RedisConfiguration(url: "redis://cache.example")
        #expect(plain.address == .tcp(host: "cache.example", port: 6379))
        #expect(plain.password == nil && plain.database == 0 && !plain.usesTLS)

        let full = try RedisConfiguration(url: "rediss://app:p%40ss:w@rd@[::1]:6380/3")
        #expect(full.address == .tcp(host: "::1", port: 6380))
        #expect(full.username == "app" && full.password?.exposed == "p@ss:w@rd" && full.database == 3 && full.usesTLS)

        let socket = try RedisConfiguration(url: "unix://:secret@/run/redis/redis.sock?db=2")
        #expect(socket.address == .unixSocket(path: "/run/redis/redis.sock"))
        #expect(socket.username == nil && socket.password?.exposed == "secret" && socket.database == 2)
    }

    @Test(arguments: [
        "", "hunter2", "http://:hunter2@host", "redis://", "redis://:hunter2@", "redis://:hunter2@host:0", "redis://:hunter2@host:99999",
        "redis://:hunter2@host/x",
        "redis://:hunter2%4@host", "redis://:hunter2%zz@host", "redis://:hunter2%ff@host", "unix://:hunter2@", "unix://hunter2/path",
        "redis://:hunter2@[::1", "redis://hunter2@host",
        "redis://:hunter2@host/-1",
    ]) func `a bad URL is refused without being repeated`(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .configuration)
        #expect(error.map { "\($0) \(String(reflecting: $0))".contains("hunter2") } == false)
    }

    @Test func `the password is in no dump of a configuration`() throws {
        var text = ""
        dump(try RedisConfiguration(url: "redis://:hunter2@host"), to: &text)
        #expect(!text.contains("hunter2"))
    }

    @Test func `an error names the code of the reply and keeps the server's words to itself`() {
        let error = RedisError(reply: "ERR unknown command 'GTE', with args beginning with: 'hunter2'", operation: "GTE hunter\n2")
        #expect(error.code == .server("ERR"))
        #expect(error.operation == "command")
        var text = "\(error) \(String(reflecting: error))"
        dump(error, to: &text)
        #expect(!text.contains("hunter"))
        #expect(RedisError(reply: "hunter2 leaked", operation: "GET").code == .server("ERR"))
    }
}
