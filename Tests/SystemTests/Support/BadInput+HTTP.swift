extension BadInput {
    /// Queries, paths and headers.
    static func places(_ text: RequestText) -> [BadInput] {
        let lists = ["/api/jobs", "/api/events", "/api/webhooks", "/api/schedules", "/api/dead-letters", "/api/dead-letters/operations", "/api/logs", "/api/operator-actions"]
        let parameters = [
            "limit=0", "limit=201", "limit=-1", "limit=1e2", "limit=%31%00", "limit=99999999999999999999", "limit=%zz", "limit=", "cursor=", "cursor=x", "cursor=%00", "cursor=%ff%fe",
            "cursor=%27%20OR%201%3D1--", "cursor=%f0%9f%98%80",
        ]
        let queries = lists.flatMap { list in parameters.map { ("\(list)?\($0)", BadInput.Ending.named) } }
        let times = ["since=yesterday", "until=%00", "since=2024-13-01T00:00:00Z", "since=-1", "until=99999999999999", "jobId=job_", "jobId=job_%00", "status=999", "address=x", "traceId=x"]
            .map { ("/api/logs?\($0)", BadInput.Ending.named) }
        let ids = [
            "job_", "job_0", "job_zzzzzzzzzzzzzzzzzzzzzzzzzz", "evt_00000000000000000000000000", "%00", "%ff", "..%2f..%2fetc%2fpasswd", "'%20OR%20'1'='1", "job_00000000000000000000000000%00", "%zz", "%",
            "__proto__", "null", "-1", "%F0%9F%98%80", "job_0000000000000000000000000\u{e9}", String(repeating: "a", count: 3000),
        ].flatMap { id in ["/api/jobs/\(id)", "/api/webhooks/\(id)", "/api/dead-letters/\(id)", "/api/schedules/\(id)", "/api/logs/\(id)"] }.map { ($0, BadInput.Ending.refused) }
        let paths = [
            "/", "//", "/api", "/API/JOBS/x", "/api/../etc/passwd", "/api/%2e%2e/jobs", "/%00", "/api/jobs%00", "/.well-known/nothing", "/api/" + String(repeating: "a/", count: 2000),
            "/api/" + String(repeating: "%41", count: 3000), "/api/jobs;x=1", "/api/jobs%3flimit=0",
        ].map { ($0, BadInput.Ending.refused) }
        let placed = (queries + times + ids + paths).map { path, ending in BadInput(name: "GET \(path.prefix(120))", bytes: text.get(path), ending: ending) }
        return placed + headers(text)
    }

    private static func headers(_ text: RequestText) -> [BadInput] {
        let body = Array(#"{"kind":"noop","payload":{}}"#.utf8)
        func post(_ name: String, _ value: String, type: String? = "application/json") -> BadInput {
            BadInput(name: "\(name): \(value.prefix(80).debugDescription)", bytes: text.bytes("POST", "/api/jobs", headers: [(name, value)], type: type, body: body))
        }
        let types = [
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1", "json", ";", "application/json/x", "application/jsonx", "*/*",
        ].map { post("Content-Type", $0, type: nil) }
        let keys = [String(repeating: "k", count: 256), "k\u{7f}", "k\tk", "ä", ""].map { post("Idempotency-Key", $0) }
        let encodings = ["gzip", "br", "deflate, gzip", "identity, gzip", "x"].map { post("Content-Encoding", $0) }
        let credentials = ["", "Bearer", "Bearer ", "Bearer x", "Basic Og==", "Basic !!", "Digest a", "Bearer vk_x", "Bearer a b", "DPoP x", "bearer \u{e9}", "Bearer " + String(repeating: "a", count: 6000)].map { value in
            BadInput(name: "Authorization: \(value.prefix(40).debugDescription)", bytes: Array("GET /api/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: \(value)\r\n\r\n".utf8))
        }
        return types + keys + encodings + credentials
            + [
                BadInput(name: "PATCH on a list", bytes: text.bytes("PATCH", "/api/jobs", body: body), status: 405), BadInput(name: "TRACE", bytes: text.bytes("TRACE", "/api/jobs")),
                BadInput(name: "a method of letters", bytes: text.bytes("BREW", "/api/jobs")), BadInput(name: "a long method", bytes: text.bytes(String(repeating: "A", count: 500), "/api/jobs"), ending: .refusedOrClosed),
            ]
    }

    /// What is no HTTP, or tries to be two requests in one.
    static func wire(_ text: RequestText) -> [BadInput] {
        func raw(_ name: String, _ request: String, endsSending: Bool = true) -> BadInput {
            BadInput(name: name, bytes: Array(request.utf8), ending: .refusedOrClosed, endsSending: endsSending)
        }
        func post(_ name: String, _ headers: String, _ body: String) -> BadInput {
            raw(name, "POST /api/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(text.key)\r\nContent-Type: application/json\r\n\(headers)\r\n\r\n\(body)")
        }
        func get(_ name: String, _ headers: String) -> BadInput {
            raw(name, "GET /api/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(headers)\r\n\r\n")
        }
        let json = #"{"kind":"noop","payload":{}}"#
        let lines = [
            "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1 extra\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "get / http/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\nHost\n\n", "CONNECT x:1 HTTP/1.1\r\n\r\n",
            "SSH-2.0-OpenSSH_9\r\n", String(repeating: "A", count: 200_000), "GET /" + String(repeating: "a", count: 200_000) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ].enumerated().map { raw("wire \($0.offset): \($0.element.prefix(30).debugDescription)", $0.element) }
        return lines + [
            get("a header without a colon", "Nothing"), get("a blank before the colon", "X-A : b"), get("an empty name", ": b"), get("a NUL in a value", "X-A: a\u{0}b"), get("a CR in a value", "X-A: a\rb"),
            get("a name with a blank", "X A: b"), get("a letter that is no token", "X(A): b"), get("a folded line", "X-A: a\r\n b: c"), get("a header of 100 KB", "X-A: " + String(repeating: "a", count: 100_000)),
            get("5,000 headers", (0..<5000).map { "X-\($0): a" }.joined(separator: "\r\n")), get("a name of 70 KB", String(repeating: "X", count: 70_000) + ": a"),
            post("a negative length", "Content-Length: -1", json), post("a length of words", "Content-Length: many", json), post("a length of two", "Content-Length: 28, 28x", json),
            post("two lengths", "Content-Length: 28\r\nContent-Length: 27", json), post("a length beyond all", "Content-Length: 99999999999999999999999", json), post("a hexadecimal length", "Content-Length: 0x1c", json),
            post("a signed length", "Content-Length: +28", json), post("length and chunks", "Content-Length: 28\r\nTransfer-Encoding: chunked", "1c\r\n\(json)\r\n0\r\n\r\n"),
            post("a coding nobody knows", "Transfer-Encoding: rot13", json), post("chunked twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), post("chunked first", "Transfer-Encoding: chunked, gzip", "0\r\n\r\n"),
            post("a chunk of no size", "Transfer-Encoding: chunked", "zz\r\n\(json)\r\n0\r\n\r\n"), post("a chunk beyond all", "Transfer-Encoding: chunked", "ffffffffffffffffff\r\n\(json)"),
            post("a negative chunk", "Transfer-Encoding: chunked", "-1\r\n\(json)\r\n0\r\n\r\n"), post("a chunk without its end", "Transfer-Encoding: chunked", "5\r\n\(json)\r\n0\r\n\r\n"),
            post("chunks cut off", "Transfer-Encoding: chunked", "1c\r\n{\"kind\""), post("a body cut off", "Content-Length: 500", json), post("chunks of nothing", "Transfer-Encoding: chunked", "0\r\n\r\n"),
            post("an announced 20 MB", "Content-Length: 20000000", ""), post("10 MB", "Content-Length: 10485760", String(repeating: " ", count: 10 << 20)),
            post("10 MB in chunks", "Transfer-Encoding: chunked", String(repeating: "10000\r\n" + String(repeating: " ", count: 65536) + "\r\n", count: 160) + "0\r\n\r\n"),
        ]
    }
}
