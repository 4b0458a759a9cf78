internal import LocalStack
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite struct ScriptTests {
    private let echo = RedisScript(name: "echo.v1", source: "return {KEYS[1], ARGV[1], #ARGV}")
    private let identity = RedisScript(name: "identity.v1", source: "return {KEYS, ARGV}", readsServerIdentity: true)

    @Test func `a script is loaded when first met, and again after its server forgot it`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client in
                for _ in 0..<3 {
                    let reply = try await client.run(echo, keys: ["k"], arguments: [.bytes([0, 255]), 7])
                    #expect(reply == .array([.string(Array("k".utf8)), .string([0, 255]), .integer(2)]))
                    #expect(try await client.send(["SCRIPT", "FLUSH"]).text == "OK")
                }
                // Many at once meet the same loss.
                try await withThrowingTaskGroup { group in
                    for number in 0..<200 as Range<Int64> {
                        group.addTask { () async throws in
                            #expect(try await client.run(echo, keys: ["k"], arguments: [.int(number)]).array?[1].integer == number)
                        }
                    }
                    try await group.waitForAll()
                }
                try await eventually("nothing in flight") { client.budget.commandsInFlight == 0 }
            }
        }
    }

    @Test func `the server's identity is the last argument, and another one after a restart`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client in
                let first = try await client.serverIdentity()
                let reply = try await client.run(identity, keys: ["a", "b"], arguments: ["x"])
                #expect(first.utf8.count == 40)
                #expect(reply.array?[0].array?.map(\.text) == ["a", "b"])
                #expect(reply.array?[1].array?.map(\.text) == ["x", first])

                await redis.kill()
                try await redis.restart()
                try await eventually("another server") { (try? await client.serverIdentity()).map { $0 != first } ?? false }
                let second = try await client.serverIdentity()
                #expect(try await client.run(identity, keys: [], arguments: []).array?[1].array?.map(\.text) == [second])
            }
        }
    }

    @Test func `a script's error carries its name, and what it throws is not sent again`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client async throws in
                let failing = RedisScript(name: "failing.v1", source: "redis.call('INCR', 'runs') return redis.error_reply('STALE lease of hunter2')")
                for run in 1...2 as ClosedRange<Int64> {
                    let error = await failure { try await client.run(failing, keys: [], arguments: []) }
                    #expect(error?.code == .server("STALE") && error?.operation == "failing.v1")
                    #expect(error.map { "\($0)".contains("hunter2") } == false)
                    #expect(try await client.send(["GET", "runs"]).integer == run)
                }
                let broken = RedisScript(name: "broken.v1", source: "return (")
                #expect(await failure { try await client.run(broken, keys: [], arguments: []) }?.code == .server("ERR"))
            }
        }
    }
}
