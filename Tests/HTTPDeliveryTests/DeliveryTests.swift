import Foundation
import HTTPDelivery
import TestSupport
import Testing

struct DeliveryTests {
    @Test func `an answer comes back whole and with timings`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(answer: "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            var request = try DeliveryRequest.post(receiver.url("/hook?a=1"), policy, body: #"{"event":"x"}"#)
            request.headers += [(name: "webhook-id", value: "msg_1"), (name: "x-empty", value: "")]
            let response = try await client.send(request)
            #expect(response.status == 200)
            #expect(response.body == Array("ok".utf8))
            #expect(!response.bodyTruncated && !response.reusedConnection)
            #expect(response.headers.map(\.name) == ["content-length", "x-answer"])
            #expect(response.header("X-Answer") == "yes")
            #expect(response.httpVersion == "1.1")
            let timings = response.timings
            #expect(timings.total > .zero && timings.connect <= timings.firstByte && timings.firstByte <= timings.total && timings.tls == .zero)
        }
        let received = try #require(receiver.requests.first)
        #expect(received.line == "POST /hook?a=1 HTTP/1.1")
        #expect(received.body == Array(#"{"event":"x"}"#.utf8))
        #expect(received.header("webhook-id") == "msg_1")
        #expect(received.header("x-empty") == "")
        #expect(received.header("content-type") == "application/json")
        #expect(received.header("host") == "127.0.0.1:\(receiver.port)")
        for name in ["expect", "accept-encoding", "transfer-encoding", "cookie", "authorization"] { #expect(received.header(name) == nil, "\(name)") }
    }

    @Test func `a connection is kept and used again`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            for turn in 0..<5 {
                let response = try await client.send(.post(receiver.url("/\(turn)"), policy))
                #expect(response.reusedConnection == (turn > 0))
            }
        }
        #expect(receiver.connections == 1)
        #expect(receiver.requests.count == 5)
    }

    @Test func `nothing of a request clings to the next one`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            var first = try DeliveryRequest.post(receiver.url("/a"), policy, body: "secret")
            first.method = "PUT"
            first.headers.append((name: "authorization", value: "Bearer a"))
            _ = try await client.send(first)
            var second = DeliveryRequest(url: try DeliveryTarget(receiver.url("/b"), policy: policy))
            second.method = "GET"
            _ = try await client.send(second)
            _ = try await client.send(DeliveryRequest(url: try DeliveryTarget(receiver.url("/c"), policy: policy)))
        }
        #expect(receiver.requests.map(\.line) == ["PUT /a HTTP/1.1", "GET /b HTTP/1.1", "POST /c HTTP/1.1"])
        #expect(receiver.requests[1].header("authorization") == nil && receiver.requests[1].header("content-length") == nil)
        #expect(receiver.requests[2].header("content-length") == "0" && receiver.requests[2].header("content-type") == nil)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is an answer and is not followed`(status: Int) async throws {
        let policy = try AddressPolicy.development("127.0.0.0/8,169.254.169.254/32")
        let elsewhere = Receiver(answer: ok)
        let receiver = Receiver(answer: "HTTP/1.1 \(status) Moved\r\nlocation: \(elsewhere.url("/secret"))\r\ncontent-length: 0\r\n\r\n")
        let metadata = Receiver(answer: "HTTP/1.1 \(status) Moved\r\nlocation: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n")
        defer { for each in [receiver, elsewhere, metadata] { each.stop() } }
        try await withClient(policy) { client in
            #expect(try await client.send(.post(receiver.url(), policy)).status == status)
            let response = try await client.send(.post(metadata.url(), policy))
            #expect(response.status == status)
            #expect(response.header("location") == "http://169.254.169.254/latest/meta-data/")
        }
        #expect(receiver.connections == 1 && metadata.requests.count == 1 && elsewhere.connections == 0)
    }

    @Test(arguments: ["content-length: 1000000\r\n", "transfer-encoding: chunked\r\n", "connection: close\r\n"])
    func `an endless body is cut and the status stands`(framing: String) async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n")
            let piece = String(repeating: "x", count: 1024)
            while connection.write(framing.contains("chunked") ? "400\r\n\(piece)\r\n" : piece) {}
        }
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let response = try await client.send(.post(receiver.url(), policy))
            #expect(response.status == 200)
            #expect(response.bodyTruncated)
            #expect(response.body == [UInt8](repeating: 0x78, count: 16 * 1024))
        }
    }

    @Test func `a body of exactly the limit is whole`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(answer: "HTTP/1.1 500 Oops\r\ncontent-length: 16384\r\n\r\n" + String(repeating: "x", count: 16384))
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let response = try await client.send(.post(receiver.url(), policy))
            #expect(response.status == 500 && response.body.count == 16384 && !response.bodyTruncated)
        }
    }

    @Test func `endless headers end the transfer`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("x-filler: \(String(repeating: "y", count: 500))\r\n") {}
        }
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let error = await client.failure(try .post(receiver.url(), policy))
            #expect(error?.code == .bodyTooLarge && error?.phase == .receive && error?.requestWasSent == true)
        }
    }

    @Test func `kept headers are bounded`() async throws {
        let policy = try AddressPolicy.development()
        let many = (0..<500).map { "x-\($0): \($0)\r\n" }.joined()
        let receiver = Receiver(answer: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\(many)\r\n")
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let response = try await client.send(.post(receiver.url(), policy))
            #expect(response.headers.count == 128)
        }
    }

    @Test func `what is not HTTP is an error`() async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")
        }
        defer { receiver.stop() }
        try await withClient(policy) { client in
            let error = await client.failure(try .post(receiver.url(), policy))
            #expect(error?.code == .protocolError)
        }
    }

    @Test(arguments: [
        ("x-a", "1\r\nx-b: 2"), ("x-a", "1\n"), ("x-a", "\u{0}"), ("x a", "1"), ("", "1"), ("x-a:", "1"),
        ("Host", "internal"), ("Content-Length", "3"), ("Transfer-Encoding", "chunked"), ("Connection", "upgrade"),
    ])
    func `a header that would change the message is refused`(name: String, value: String) async throws {
        let policy = try AddressPolicy.development()
        let receiver = Receiver(answer: ok)
        defer { receiver.stop() }
        try await withClient(policy) { client in
            var request = try DeliveryRequest.post(receiver.url(), policy)
            request.headers.append((name: name, value: value))
            #expect(await client.failure(request)?.code == .invalidRequest)
        }
        #expect(receiver.connections == 0)
    }

    @Test func `a method that is no token is refused`() async throws {
        let policy = try AddressPolicy.development()
        try await withClient(policy) { client in
            var request = try DeliveryRequest.post("http://127.0.0.1:65000/", policy)
            request.method = "POST / HTTP/1.1\r\nx: y"
            #expect(await client.failure(request)?.code == .invalidRequest)
        }
    }

    @Test func `proxies of the environment are not used`() async {
        await #expect(processExitsWith: .success) {
            let proxy = Receiver(answer: "HTTP/1.1 299 Proxy\r\ncontent-length: 0\r\n\r\n")
            let receiver = Receiver(answer: ok)
            for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] { setenv(name, proxy.url(), 1) }
            let policy = try AddressPolicy.development()
            try await withClient(policy) { client in
                let response = try await client.send(.post(receiver.url(), policy))
                #expect(response.status == 200)
            }
            #expect(proxy.connections == 0 && receiver.connections == 1)
        }
    }
}
