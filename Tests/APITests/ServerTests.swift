import API
import Foundation
import LocalStack
import Primitives
import TestSupport
import Testing

/// What the API does with a request before it is one, and with every answer.
@Suite struct ServerTests {
    private static let hasty: ServerSettings = {
        var settings = ServerSettings()
        settings.patience.headers = .milliseconds(150)
        settings.patience.body = .milliseconds(150)
        settings.patience.idle = .milliseconds(300)
        settings.patience.leftover = .milliseconds(150)
        return settings
    }()

    // MARK: Slow and odd clients

    @Test func `a client that says nothing, or half of its headers, is let go`() async throws {
        try await TestAPI.run(server: Self.hasty) { api async throws in
            #expect(try await RawConnection.send([], to: api.client.port) == "")
            #expect(try await RawConnection.send(["GET /api/health HTTP/1.1\r\nHost: x\r\n"], to: api.client.port) == "")
        }
    }

    @Test func `a client whose body does not come is told so and let go`() async throws {
        try await TestAPI.run(server: Self.hasty) { api in
            let head = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nContent-Length: 100\r\n\r\n{"
            let answer = try await RawConnection.send([head], to: api.client.port)
            #expect(answer.hasPrefix("HTTP/1.1 408") && answer.contains(#""code":"too_slow""#), "\(answer)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    @Test func `a connection that rests is closed`() async throws {
        try await TestAPI.run(server: Self.hasty) { api in
            let answer = try await RawConnection.send(["GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"], to: api.client.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
        }
    }

    @Test func `what still comes of a body that was answered for is not waited for without end`() async throws {
        try await TestAPI.run(server: Self.hasty) { api in
            let head = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nContent-Length: 99999999\r\n\r\n"
            let answer = try await RawConnection.send([head, String(repeating: "x", count: 1000)], to: api.client.port)
            #expect(answer.hasPrefix("HTTP/1.1 413") && answer.contains("too_large"), "\(answer)")
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "y", count: 40_000))\r\n\r\n", "431", "headers_too_large"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\(String(repeating: "A: b\r\n", count: 200))\r\n", "431", "headers_too_large"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\(["A", "B", "C"].map { "\($0): \(String(repeating: "y", count: 12_000))\r\n" }.joined())\r\n", "431", "headers_too_large"),
        ("GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", "400", "bad_request"),
        ("NONSENSE\r\n\r\n", "400", "bad_request"),
        ("GET / HTTP/9.9\r\nHost: x\r\n\r\n", "400", "bad_request"),
        ("POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400", "bad_request"),
        ("POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400", "bad_request"),
    ])
    func `what is no request is a problem, not silence`(request: String, status: String, code: String) async throws {
        try await TestAPI.run { api in
            let answer = try await RawConnection.send([request], to: api.client.port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status)") && answer.contains("\"code\":\"\(code)\""), "\(answer.prefix(400))")
            #expect(answer.contains("application/problem+json") && answer.contains("X-Request-Id: req_"))
        }
    }

    // MARK: Every answer

    @Test func `every answer keeps a browser from doing more with it than was meant`() async throws {
        try await TestAPI.run { api in
            for path in ["/api/health", "/api/nothing", "/api/jobs"] {
                let answer = try await api.client.get(path)
                #expect(answer.headers["x-content-type-options"] == "nosniff" && answer.headers["x-frame-options"] == "DENY")
                #expect(answer.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
                #expect(answer.headers["referrer-policy"] == "no-referrer")
            }
        }
    }

    @Test func `options says what a path takes`() async throws {
        try await TestAPI.run { api async throws in
            let answer = try await api.client.send("OPTIONS", "/api/jobs")
            #expect(answer.status == 204 && answer.headers["allow"] == "GET, HEAD, OPTIONS, POST", "\(answer)")
            #expect(try await api.client.send("OPTIONS", "/api/nothing").isProblem(404, "unknown_route"))
        }
    }

    @Test func `long answers come compressed to who takes that`() async throws {
        try await TestAPI.run { api in
            for _ in 0..<20 { _ = try await api.makeJob() }
            func raw(_ path: String, _ encoding: String) async throws -> String {
                try await RawConnection.send(
                    ["GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(api.client.key ?? "")\r\nAccept-Encoding: \(encoding)\r\n\r\n"],
                    to: api.client.port)
            }
            let plain = try await raw("/api/jobs", "identity")
            let zipped = try await raw("/api/jobs", "br, gzip;q=0.8")
            #expect(!plain.contains("Content-Encoding") && plain.contains("Vary: Accept-Encoding"))
            #expect(zipped.contains("Content-Encoding: gzip") && zipped.utf8.count < plain.utf8.count / 2)
            #expect(try await !raw("/api/jobs", "gzip;q=0").contains("Content-Encoding"))
            #expect(try await !raw("/api/health", "gzip").contains("Content-Encoding"), "a short answer")
            // URLSession asks for gzip and takes it apart again.
            #expect(try await api.client.get("/api/jobs").count("data") == 20)
        }
    }

    @Test func `pages of the sites that were named may call the API, and no others`() async throws {
        var settings = ServerSettings()
        settings.origins = try #require(Origins(parsing: "https://app.example.com, http://localhost:3000"))
        try await TestAPI.run(server: settings) { api in
            let preflight = try await api.client.with(key: nil).send(
                "OPTIONS", "/api/jobs", headers: ["Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"])
            #expect(preflight.status == 204 && preflight.headers["access-control-allow-origin"] == "https://app.example.com", "\(preflight)")
            #expect(preflight.headers["access-control-allow-headers"]?.contains("Idempotency-Key") == true && preflight.headers["vary"] == "Origin")
            let call = try await api.client.get("/api/jobs", headers: ["Origin": "http://localhost:3000"])
            #expect(call.headers["access-control-allow-origin"] == "http://localhost:3000")
            #expect(call.headers["access-control-expose-headers"]?.contains("RateLimit") == true)
            #expect(call.headers["access-control-allow-credentials"] == nil)
            for origin in ["https://evil.example.com", "https://app.example.com.evil.org", "https://app.example.com:444", "http://app.example.com", "null"] {
                let stranger = try await api.client.get("/api/jobs", headers: ["Origin": origin])
                #expect(stranger.status == 200 && stranger.headers["access-control-allow-origin"] == nil && stranger.headers["vary"] == "Origin", "\(origin)")
            }
            let page = try await api.client.send(
                "OPTIONS", "/api/oauth/authorize", headers: ["Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"])
            #expect(page.headers["access-control-allow-origin"] == nil)
        }
        for text in ["app.example.com", "https://", "https://a.example/path", "https://a.example, *", "ftp://a.example", "null"] {
            #expect(Origins(parsing: text) == nil, "\(text)")
        }
    }

    @Test func `a process that is about to stop says first that it is not ready`() async throws {
        try await TestAPI.run(drain: .seconds(30)) { api in
            #expect(try await api.client.get("/api/health/ready").status == 200)
            await api.stop()
            try await eventually("it is not ready") { try await api.client.get("/api/health/ready").status == 503 }
            let ready = try await api.client.get("/api/health/ready")
            #expect(ready.text("status") == "draining" && ready.headers["retry-after"] == "1", "\(ready)")
            // What still comes is still done.
            #expect(try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).status == 202)
        }
    }
}
