internal import LocalStack
internal import TestSupport
internal import Testing

@testable internal import Redis

/// The limit is for a message that never comes.
@Suite(.timeLimit(.minutes(1))) struct SubscriptionTests {
    @Test func `messages arrive in order, and a restart is survived and told`() async throws {
        try await withRedis { redis in
            try await withClient(redis.url) { client in
                var messages = client.subscribe(to: "wake").makeAsyncIterator()
                #expect(await messages.next() == .reconnected)
                for number in 0..<100 as Range<Int64> { #expect(try await client.send(["PUBLISH", "wake", .int(number)]) == .integer(1)) }
                for number in 0..<100 { #expect(await messages.next() == .message(channel: "wake", payload: Array("\(number)".utf8))) }

                await redis.kill()
                try await redis.restart()
                #expect(await messages.next() == .interrupted)
                #expect(await messages.next() == .reconnected)
                try await eventually("published") { await failure { try await client.send(["PUBLISH", "wake", "again"]) } == nil }
                #expect(await messages.next() == .message(channel: "wake", payload: Array("again".utf8)))
            }
        }
    }

    @Test func `a server that falls silent is noticed although nothing is asked of it`() async throws {
        try await FakeRedis.with(answer: Array("*3\r\n$9\r\nsubscribe\r\n$4\r\nwake\r\n:1\r\n".utf8)) { url in
            try await withClient(url, configure: { $0.commandDeadline = .milliseconds(200) }) { client in
                var messages = client.subscribe(to: "wake").makeAsyncIterator()
                #expect(await messages.next() == .reconnected)
                #expect(await messages.next() == .interrupted)
                #expect(await messages.next() == .reconnected)
            }
        }
    }

    @Test func `a reader that lags keeps the newest and is told of the gap, every time`() async {
        let (stream, continuation) = AsyncStream<RedisMessage>.makeStream(bufferingPolicy: .bufferingNewest(8))
        let subscription = Subscription(channel: "wake", continuation: continuation)
        var messages = stream.makeAsyncIterator()
        for _ in 0..<2 {
            for number in 0..<100 { subscription.received(.array(["message", "wake", "\(number)"].map { .string(Array($0.utf8)) })) }
            var seen: [RedisMessage] = []
            while seen.count < 8, let message = await messages.next() { seen.append(message) }
            #expect(seen.contains(.reconnected))
            #expect(seen.last == .message(channel: "wake", payload: Array("99".utf8)) || seen.last == .reconnected)
            #expect(seen.contains(.message(channel: "wake", payload: Array("99".utf8))))
            subscription.received(.array(["message", "wake", "kept"].map { .string(Array($0.utf8)) }))
            #expect(await messages.next() == .message(channel: "wake", payload: Array("kept".utf8)))
        }
    }

    @Test func `a dropped stream ends its connection, and the client's end finishes the others`() async throws {
        try await withRedis { redis in
            var kept: AsyncStream<RedisMessage>?
            try await withClient(redis.url) { client in
                kept = client.subscribe(to: "kept")
                var dropped: AsyncStream<RedisMessage>? = client.subscribe(to: "dropped")
                let channels: [RedisArgument] = ["PUBSUB", "NUMSUB", "kept", "dropped"]
                try await eventually("both subscribed") { try await client.send(channels).array?.map(\.integer) == [nil, 1, nil, 1] }
                #expect(dropped != nil)
                dropped = nil
                try await eventually("one left") { try await client.send(channels).array?.map(\.integer) == [nil, 1, nil, 0] }
            }
            var messages = try #require(kept).makeAsyncIterator()
            #expect(await messages.next() == .reconnected)
            #expect(await messages.next() == .interrupted)
            #expect(await messages.next() == nil)
        }
    }
}
