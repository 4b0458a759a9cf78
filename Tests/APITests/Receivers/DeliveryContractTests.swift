import TestSupport
import Testing

/// What a receiver may rely on, and what it cannot bring a delivery to do.
@Suite struct DeliveryContractTests {
    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    @Test func `a body arrives as it was published, to the byte`() async throws {
        let receiver = Receiver(answer: Self.ok)
        defer { receiver.stop() }
        let data = #"{"z":1,"a":{"y": 2, "x":12345678901234567890.10},"m":"\u00fc\/ü","e":[],"z2":null}"#
        try await DeliveryScene.run { scene in
            let endpoint = try await scene.endpoint(receiver.url())
            _ = try await scene.page(of: scene.publish(to: endpoint, data: data))
        }
        let request = try #require(receiver.requests.first)
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(body.hasSuffix(#","data":\#(data)}"#), "\(body)")
        #expect(request.header("content-length") == "\(request.body.count)" && request.header("content-type") == "application/json")
        #expect(request.header("user-agent")?.hasPrefix("Voicera") == true && request.header("webhook-attempt") == "1")
        for name in ["accept-encoding", "transfer-encoding", "expect", "cookie"] { #expect(request.header(name) == nil, "\(name)") }
    }

    @Test func `a failed delivery is recorded, and tried again with the same id and body`() async throws {
        let receiver = Receiver { connection in
            var number = 0
            while connection.readRequest() != nil {
                number += 1
                connection.write(number == 1 ? "HTTP/1.1 500 No\r\ncontent-length: 3\r\n\r\nwhy" : Self.ok)
            }
        }
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            let endpoint = try await scene.endpoint(receiver.url())
            let job = try await scene.publish(to: endpoint)
            let failed = try await scene.page(of: job)
            let first = Attempt(failed, 0)
            #expect(first.verdict == "http_status 500" && first.outcome == "retried" && first.responseBody == "why", "\(failed)")
            #expect(failed.text("status") == "pending" && failed.text("runAt") != nil && failed.int("attempt") == 2)
            // The standard's five seconds.
            let page = try await scene.page(of: job, attempts: 2)
            #expect(page.text("status") == "succeeded", "\(page)")
            let verdicts = [0, 1].map { Attempt(page, $0) }.sorted { $0.number < $1.number }.map(\.verdict)
            #expect(verdicts == ["http_status 500", "succeeded 200"], "\(page)")
            #expect(try await scene.api.booksDiffer() == [])
        }
        let requests = receiver.requests
        try #require(requests.count == 2)
        #expect(requests[0].header("webhook-id") == requests[1].header("webhook-id") && requests[0].body == requests[1].body)
        #expect(requests.map { $0.header("webhook-attempt") } == ["1", "2"])
        #expect(requests[0].header("webhook-signature") != requests[1].header("webhook-signature"), "the time is signed too")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is a failure that nobody follows, to the metadata of a cloud or elsewhere`(status: Int) async throws {
        let elsewhere = Receiver(answer: Self.ok)
        defer { elsewhere.stop() }
        for target in ["http://169.254.169.254/latest/meta-data/", elsewhere.url("/secret")] {
            let receiver = Receiver(answer: "HTTP/1.1 \(status) Moved\r\nlocation: \(target)\r\ncontent-length: 0\r\n\r\n")
            defer { receiver.stop() }
            try await DeliveryScene.run { scene in
                let attempt = try await scene.firstAttempt(at: receiver.url())
                #expect(attempt.verdict == "redirect_refused \(status)" && attempt.outcome == "retried", "\(attempt.page)")
            }
            #expect(receiver.requests.count == 1)
        }
        #expect(elsewhere.connections == 0)
    }

    @Test func `a cookie is not kept`() async throws {
        let receiver = Receiver(answer: "HTTP/1.1 200 OK\r\nset-cookie: a=1; Path=/\r\ncontent-length: 0\r\n\r\n")
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            let endpoint = try await scene.endpoint(receiver.url())
            for _ in 0..<2 { #expect(try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0).verdict == "succeeded 200") }
        }
        #expect(receiver.requests.count == 2 && receiver.requests.allSatisfy { $0.header("cookie") == nil })
    }

    /// A decoder would fail at the one and swell at the other.
    @Test(arguments: ["not gzip at all", "\u{1f}"])
    func `an answer is kept as it came, whatever it says of its encoding`(body: String) async throws {
        let receiver = Receiver(answer: "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            let attempt = try await scene.firstAttempt(at: receiver.url())
            #expect(attempt.verdict == "succeeded 200" && attempt.responseBody == body, "\(attempt.page)")
        }
    }

    @Test func `an answer that is smuggled in behind another one is nobody's`() async throws {
        let receiver = Receiver { connection in
            while connection.readRequest() != nil { connection.write(Self.ok + "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n") }
        }
        defer { receiver.stop() }
        try await DeliveryScene.run { scene in
            let endpoint = try await scene.endpoint(receiver.url())
            for _ in 0..<3 { #expect(try await Attempt(scene.page(of: scene.publish(to: endpoint)), 0).verdict == "succeeded 200") }
        }
        #expect(receiver.requests.count == 3)
    }
}
