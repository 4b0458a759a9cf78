internal import LocalStack
internal import TestSupport
internal import Testing

@testable internal import Redis

@Suite struct CommandTests {
    @Test func `every kind of reply comes back as it is`() async throws {
        try await withRedis { redis async throws in
            try await withClient(redis.url) { client async throws in
                #expect(try await client.send(["SET", "key", .bytes([0, 0xff, 0x0d, 0x0a])]).text == "OK")
                #expect(try await client.send(["GET", "key"]) == .string([0, 0xff, 0x0d, 0x0a]))
                #expect(try await client.send(["GET", "none"]) == .null)
                #expect(try await client.send(["INCRBY", "number", .int(.max)]) == .integer(.max))
                #expect(try await client.send(["GET", "number"]).integer == .max)
                #expect(try await client.send(["LRANGE", "none", 0, -1]) == .array([]))
                #expect(try await client.send(["MGET", "none", "number"]).array?.count == 2)
                let error = await failure { try await client.send(["LPUSH", "key", "x"]) }
                #expect(error?.code == .server("WRONGTYPE") && error?.operation == "LPUSH" && error?.outcomeUnknown == false)
            }
        }
    }

    @Test func `ten thousand concurrent commands on two connections each get their own answer`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url, configure: { $0.commandDeadline = .seconds(30) }) { client in
                let counted = try await withThrowingTaskGroup { group in
                    for number in 0..<5_000 as Range<Int64> {
                        group.addTask { try await client.send(["ECHO", .int(number)]).integer == number ? 0 : -1 as Int64 }
                        group.addTask { try await client.send(["INCR", "counter"]).integer ?? -1 }
                    }
                    return try await group.reduce(into: [Int64]()) { $0.append($1) }
                }
                #expect(counted.sorted() == Array(repeating: 0, count: 5_000) + Array(1...5_000))
                try await eventually("nothing in flight") { client.budget.commandsInFlight == 0 }
            }
        }
    }

    @Test func `a pipeline is answered in order, errors are elements, and nobody comes between`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client in
                try await withThrowingTaskGroup { group in
                    for _ in 0..<50 {
                        group.addTask {
                            let replies = try await client.send(pipeline: [
                                ["MULTI"], ["INCR", "a"], ["LPUSH", "a", "x"], ["INCR", "a"], ["EXEC"], ["NOSUCH"],
                            ])
                            let results = try #require(replies.dropFirst(4).first?.array)
                            #expect(replies.count == 6 && results.count == 3)
                            guard case .error(let inner) = results[1], case .error = replies[5] else { return #expect(Bool(false)) }
                            #expect(inner.hasPrefix("WRONGTYPE"))
                            #expect(results[0].integer.map { $0 + 1 } == results[2].integer)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await client.send(pipeline: []) == [])
            }
        }
    }

    @Test func `big and deep replies arrive whole`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url, configure: { $0.commandDeadline = .seconds(30) }) { client in
                let big = [UInt8](unsafeUninitializedCapacity: 10 << 20) { buffer, count in
                    for index in 0..<(10 << 20) { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 >> 3) }
                    count = 10 << 20
                }
                #expect(try await client.send(["SET", "big", .bytes(big)]).text == "OK")
                let replies = try await client.send(pipeline: [["GET", "big"], ["PING"], ["GET", "big"]])
                #expect(replies[0].bytes == big && replies[1].text == "PONG" && replies[2].bytes == big)

                var deep = try await client.send(["EVAL", "local t = 1 for i = 1, 7 do t = {t} end return t", 0])
                for _ in 0..<7 { deep = try #require(deep.array?.first) }
                #expect(deep == .integer(1))

                let many = try await client.send(["EVAL", "local t = {} for i = 1, 100000 do t[i] = 'value' .. i end return t", 0])
                #expect(many.array?.count == 100_000 && many.array?.last?.text == "value100000")
            }
        }
    }

    @Test func `a reply larger than the bound ends its connection, and the next command has another`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url, configure: { $0.maxReplyBytes = 1 << 20 }) { client async throws in
                let error = await failure { try await client.send(["EVAL", "return string.rep('x', 3000000)", 0]) }
                #expect(error?.code == .protocolViolation && error?.outcomeUnknown == true)
                #expect(try await client.send(["PING"]).text == "PONG")
            }
        }
    }

    @Test(arguments: [[], [""], [.int(5)]] as [[RedisArgument]]) func `a command without a name is never written`(command: [RedisArgument])
        async throws
    {
        try await withRedis { redis in
            try await withClient(redis.url) { client async throws in
                #expect(await failure { try await client.send(command) }?.code == .configuration)
                #expect(await failure { try await client.send(pipeline: [["PING"], command]) }?.code == .configuration)
                #expect(try await client.send(["PING"]).text == "PONG")
            }
        }
    }

    @Test(arguments: [Duration.zero, .seconds(-5), .seconds(Int64.min), .seconds(Int64.max)]) func `a senseless deadline is no trap`(
        deadline: Duration
    ) async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client in
                let error = await failure { try await client.send(["PING"], deadline: deadline) }
                #expect(error == nil || error?.code == .timeout)
            }
        }
    }
}
