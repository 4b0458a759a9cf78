import HTTPDelivery
import TestSupport
import Testing

/// Receivers that do what no receiver should: each delivery ends, with what the API shows of it.
@Suite struct HostileReceiverTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    private static let kilobyte = String(repeating: "x", count: 1024)

    @Test func `a body that does not end is cut, and the status stands`() async throws {
        try await DeliveryScene.run { scene in
            let wrong = try await scene.misjudged([
                HostileReceiver(
                    "an endless length", "succeeded 200", says: "HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000000\r\n\r\n",
                    thenForEver: Self.kilobyte),
                HostileReceiver(
                    "endless chunks", "succeeded 200", says: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                    thenForEver: "400\r\n\(Self.kilobyte)\r\n"),
                HostileReceiver("no length and no end", "succeeded 200", says: "HTTP/1.1 200 OK\r\n\r\n", thenForEver: Self.kilobyte),
                HostileReceiver("a failure without end", "http_status 500", says: "HTTP/1.1 500 No\r\n\r\n", thenForEver: Self.kilobyte),
                HostileReceiver("a body where none may be", "succeeded 204", says: "HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n{\"a\":1}"),
                HostileReceiver("more than was promised", "succeeded 200", says: Self.ok + "and more, and more"),
                HostileReceiver("less than was promised", "connection_reset", says: "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
                HostileReceiver("a length below zero", "protocol_error", says: "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok"),
                HostileReceiver("a chunk that is none", "connection_reset", says: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n"),
            ])
            #expect(wrong == [])
            #expect(try await scene.api.booksDiffer() == [])
        }
    }

    @Test func `a head that is none, or has no end, ends the attempt`() async throws {
        try await DeliveryScene.run { scene in
            let wrong = try await scene.misjudged([
                HostileReceiver("headers without end", "body_too_large", says: "HTTP/1.1 200 OK\r\n", thenForEver: "x-filler: \(Self.kilobyte)\r\n"),
                HostileReceiver("a header without end", "body_too_large", says: "HTTP/1.1 200 OK\r\nx-filler: ", thenForEver: Self.kilobyte),
                HostileReceiver("a status line without end", "body_too_large", says: "HTTP/1.1 200 ", thenForEver: Self.kilobyte),
                HostileReceiver("interim answers without end", "body_too_large", says: "", thenForEver: "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
                HostileReceiver(
                    "trailers without end", "body_too_large", says: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
                    thenForEver: "x-trailer: \(Self.kilobyte)\r\n"),
                HostileReceiver("garbage", "protocol_error", says: "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
                HostileReceiver("HTTP/0.9", "protocol_error", says: "<html>hello</html>\n"),
                HostileReceiver("a NUL in a header", "protocol_error", says: "HTTP/1.1 200 OK\r\nx-a: \u{0}\r\ncontent-length: 0\r\n\r\n"),
                HostileReceiver("nothing at all", "connection_reset", says: ""),
            ])
            #expect(wrong == [])
            #expect(try await scene.api.booksDiffer() == [])
        }
    }

    @Test func `interim answers and trailers are passed over`() async throws {
        try await DeliveryScene.run { scene in
            let wrong = try await scene.misjudged([
                HostileReceiver("100 first", "succeeded 200", says: "HTTP/1.1 100 Continue\r\n\r\n" + Self.ok),
                HostileReceiver(
                    "100, 102 and 103 first", "succeeded 201",
                    says: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
                        + "HTTP/1.1 201 Made\r\ncontent-length: 0\r\n\r\n"),
                HostileReceiver("a failure after 103", "http_status 503", says: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"),
                HostileReceiver(
                    "chunks with trailers", "succeeded 200",
                    says: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-status\r\n\r\n2\r\nok\r\n0\r\nx-status: 500\r\nretry-after: 9999\r\n\r\n"),
            ])
            #expect(wrong == [])
        }
    }

    @Test func `a connection that is refused, reset or broken off is told from the others`() async throws {
        try await DeliveryScene.run { scene in
            let wrong = try await scene.misjudged([
                HostileReceiver("a reset before the request is read", "connection_reset") { $0.reset() },
                HostileReceiver("a reset instead of an answer", "connection_reset") { connection in
                    _ = connection.readRequest()
                    connection.reset()
                },
                HostileReceiver("a reset within the answer", "connection_reset") { connection in
                    _ = connection.readRequest()
                    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")
                    connection.reset()
                },
                HostileReceiver("an end within the head", "connection_reset", says: "HTTP/1.1 200 OK\r\ncontent-le"),
            ])
            #expect(wrong == [])
            let closed = "http://127.0.0.1:\(Receiver(serve: nil).port)/"
            #expect(try await scene.firstAttempt(at: closed).verdict == "connection_refused")
        }
    }

    @Test func `whoever keeps a delivery waiting gets no more than its time`() async throws {
        var rules = DeliveryScene.Rules()
        rules.longest = .milliseconds(900)
        try await DeliveryScene.run(rules) { scene in
            let wrong = try await scene.misjudged([
                HostileReceiver("silence before the request is read", "timeout") { $0.waitForClose() },
                HostileReceiver("silence instead of an answer", "timeout", falls: ""),
                HostileReceiver("silence after half the head", "timeout", falls: "HTTP/1.1 200 OK\r\nx-half: 1\r\n"),
                HostileReceiver("silence after an interim answer", "timeout", falls: "HTTP/1.1 103 Early Hints\r\n\r\n"),
                HostileReceiver("silence within the body", "timeout", falls: "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
                HostileReceiver("a body that drips", "timeout", drips: Self.kilobyte, after: "HTTP/1.1 200 OK\r\ncontent-length: 1024\r\n\r\n"),
                HostileReceiver("a head that drips", "timeout", drips: "HTTP/1.1 200 OK\r\nx-a: \(Self.kilobyte)\r\n\r\n"),
            ])
            #expect(wrong == [])
            let silent = Receiver { $0.waitForClose() }
            defer { silent.stop() }
            let handshake = try await scene.firstAttempt(at: silent.url(scheme: "https"))
            #expect(handshake.verdict == "timeout", "\(handshake)")
            #expect(try await scene.api.number("SELECT count(*) FROM integration_log WHERE type = 'attempt' AND duration_us > 5000000") == 0)
            #expect(try await scene.api.booksDiffer() == [])
        }
    }
}
