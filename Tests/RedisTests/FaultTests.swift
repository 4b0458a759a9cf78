internal import LocalStack
internal import TestSupport
internal import Testing

@testable internal import Redis

/// Redis dies, hangs and comes back.
@Suite struct FaultTests {
    @Test func `after kill -9 what was written is unknown, what comes later is refused, and a restart heals`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url, configure: { $0.commandDeadline = .seconds(60) }) { client in
                redis.pause()
                try await withThrowingTaskGroup { group in
                    for _ in 0..<100 {
                        group.addTask {
                            let error = await failure { try await client.send(["INCR", "counter"]) }
                            #expect(error?.code == .connectionLost && error?.outcomeUnknown == true)
                        }
                    }
                    try await eventually("all in flight") { client.budget.commandsInFlight == 100 }
                    try await client.everythingWritten()
                    await redis.kill()
                    try await group.waitForAll()
                }
                try await eventually("noticed") { !client.isConnected }
                let error = await failure { try await client.send(["INCR", "counter"]) }
                #expect(error?.code == .unavailable && error?.outcomeUnknown == false)

                try await redis.restart()
                try await eventually("healed") { client.isConnected }
                #expect(try await client.send(["INCR", "counter"]) == .integer(1))
            }
        }
    }

    @Test func `on a frozen server commands end at their deadline, its connection is given up, and thawing heals`() async throws {
        try await withRedis { redis in
            try await withClient(
                redis.url,
                configure: {
                    $0.connectTimeout = .milliseconds(300)
                    $0.commandDeadline = .seconds(60)
                }
            ) { client in
                redis.pause()
                let start = ContinuousClock.now
                let error = await failure { try await client.send(["GET", "x"], deadline: .milliseconds(200)) }
                let elapsed = ContinuousClock.now - start
                #expect(error?.code == .timeout && error?.outcomeUnknown == true)
                #expect(elapsed >= .milliseconds(200) && elapsed < .seconds(20))

                // On the other connection too.
                _ = await failure { try await client.send(["GET", "x"], deadline: .milliseconds(50)) }
                try await eventually("given up") { !client.isConnected }
                #expect(await failure { try await client.send(["GET", "x"]) }?.code == .unavailable)
                redis.resume()
                try await eventually("healed") { client.isConnected }
                #expect(try await client.send(["PING"]).text == "PONG")
            }
        }
    }

    @Test func `a reply that comes after its deadline goes to nobody else`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url, configure: { $0.connections = 1 }) { client async throws in
                redis.pause()
                #expect(await failure { try await client.send(["ECHO", "late"], deadline: .milliseconds(50)) }?.code == .timeout)
                redis.resume()
                #expect(try await client.send(["ECHO", "mine"], deadline: .seconds(10)).text == "mine")
            }
        }
    }

    @Test func `a cancelled caller leaves at once, and its reply goes to nobody else`() async throws {
        try await withRedis { redis in
            try await withClient(
                redis.url,
                configure: {
                    $0.connections = 1
                    $0.commandDeadline = .seconds(30)
                }
            ) { client async throws in
                redis.pause()
                await withTaskGroup { group in
                    group.addTask {
                        let error = await failure { try await client.send(["ECHO", "cancelled"]) }
                        #expect(error?.code == .cancelled && error?.outcomeUnknown == true)
                    }
                    try? await eventually("in flight") { client.budget.commandsInFlight == 1 }
                    try? await client.everythingWritten()
                    group.cancelAll()
                }
                async let next = client.send(["ECHO", "mine"])
                redis.resume()
                #expect(try await next.text == "mine")
                try await eventually("nothing in flight") { client.budget.commandsInFlight == 0 }
            }
        }
    }

    @Test func `a task already cancelled writes nothing`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client async throws in
                await withTaskGroup(of: Void.self) { group in
                    group.cancelAll()
                    group.addTask {
                        let error = await failure { try await client.send(["INCR", "counter"]) }
                        #expect(error?.code == .cancelled && error?.outcomeUnknown == false)
                    }
                }
                #expect(try await client.send(["GET", "counter"]) == .null)
            }
        }
    }

    @Test(arguments: [(10, 256 << 20), (1000, 1000)]) func `past the bound commands are refused, and admitted again when replies have come`(
        commands: Int, bytes: Int
    ) async throws {
        try await withRedis { redis in
            try await withClient(
                redis.url,
                configure: {
                    $0.maxInFlight = commands
                    $0.maxBytesInFlight = bytes
                    $0.commandDeadline = .seconds(30)
                }
            ) { client in
                redis.pause()
                try await withThrowingTaskGroup { group in
                    for _ in 0..<10 { group.addTask { () async throws in #expect(try await client.send(["PING"]).text == "PONG") } }
                    try await eventually("in flight") { client.budget.commandsInFlight == 10 }
                    let error = await failure { try await client.send(["SET", "x", .bytes(Array(repeating: 0, count: 500))]) }
                    #expect(error?.code == .overloaded && error?.outcomeUnknown == false)
                    redis.resume()
                    try await group.waitForAll()
                }
                #expect(try await client.send(["SET", "x", .bytes(Array(repeating: 0, count: 500))]).text == "OK")
            }
        }
    }
}
