import FoundationEssentials
import Identity
import Primitives
import TestSupport
import Testing

@Suite struct ProblemTests {
    @Test func `requests without a valid key, or with too small a one, are refused`() async throws {
        try await TestAPI.run { api in
            let open = api.client.with(key: nil)
            let missing = try await open.get("/api/jobs")
            #expect(missing.isProblem(401, "unauthenticated"), "\(missing)")
            #expect(missing.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            let wrong = try await api.client.with(key: APIKeySecret.mint().exposed).get("/api/jobs")
            #expect(wrong.isProblem(401, "invalid_key"), "\(wrong)")
            #expect(wrong.headers["www-authenticate"]?.contains("invalid_token") == true)
            #expect(try await open.get("/api/jobs", headers: ["Authorization": "Basic abc"]).status == 401)
            let byHeader = try await open.get("/api/jobs", headers: ["X-API-Key": api.client.key ?? ""])
            #expect(byHeader.status == 200)
            let lower = try await open.get("/api/jobs", headers: ["Authorization": "bearer \(api.client.key ?? "")"])
            #expect(lower.status == 200)

            let small = try await api.client(workspace: api.workspace, scopes: [.jobsRead])
            #expect(try await small.get("/api/jobs").status == 200)
            let refused = try await small.post("/api/jobs", #"{"kind":"noop","payload":{}}"#)
            #expect(refused.isProblem(403, "missing_scope"), "\(refused)")
            for path in ["/api/webhooks", "/api/logs", "/api/events"] { #expect(try await small.get(path).status == 403) }
            #expect(try await small.post("/api/dead-letters/discard", #"{"filter":{}}"#).status == 403)
        }
    }

    @Test func `unknown paths, methods and ids are told apart`() async throws {
        try await TestAPI.run { api in
            let nowhere = try await api.client.get("/api/nothing")
            #expect(nowhere.isProblem(404, "unknown_route"), "\(nowhere)")
            let method = try await api.client.send("DELETE", "/api/jobs")
            #expect(method.isProblem(405, "method_not_allowed"), "\(method)")
            #expect(method.headers["allow"] == "GET, HEAD, OPTIONS, POST")
            #expect(try await api.client.send("PUT", "/api/webhooks/abc").headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH")
            #expect(try await api.client.get("/api/dead-letters/replay").status == 405)
            for path in [
                "/api/jobs/\(IdentifierSource.system.next(JobRow.self))", "/api/jobs/nonsense", "/api/jobs/%00",
                "/api/jobs/whk_00000000000000000000000000",
                "/api/webhooks/\(IdentifierSource.system.next(Endpoint.self))", "/api/events/unknown", "/api/events/%27%22", "/api/dead-letters/x",
            ] {
                let answer = try await api.client.get(path)
                #expect(answer.isProblem(404, "not_found"), "\(path) \(answer)")
            }
            let head = try await api.client.send("HEAD", "/api/jobs")
            #expect(head.status == 200 && head.body.isEmpty)
            let missingHead = try await api.client.send("HEAD", "/api/jobs/nonsense")
            #expect(missingHead.status == 404 && missingHead.body.isEmpty)
        }
    }

    @Test(arguments: [
        ("", "invalid_json"), ("{", "invalid_json"), ("{\"kind\":}", "invalid_json"), ("\u{0}", "invalid_json"), ("[1,]", "invalid_json"),
        (String(repeating: "[", count: 100_000), "invalid_json"),
        ("{\"a\":" + String(repeating: "{\"a\":", count: 64) + "1" + String(repeating: "}", count: 65), "invalid_json"),
    ])
    func `a body that is no JSON is a 400`(body: String, code: String) async throws {
        try await TestAPI.run { api in
            for path in ["/api/jobs", "/api/jobs/batch", "/api/events", "/api/webhooks", "/api/dead-letters/replay"] {
                let answer = try await api.client.post(path, body)
                #expect(answer.isProblem(400, code), "\(path) \(answer)")
            }
            let bytes = try await api.client.send("POST", "/api/jobs", body: Data([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
            #expect(bytes.isProblem(400, "invalid_json"), "\(bytes)")
        }
    }

    @Test(arguments: ["[]", "null", "5", "\"x\"", "true"])
    func `a body that is no object is a 422`(body: String) async throws {
        try await TestAPI.run { api in
            for path in ["/api/jobs", "/api/jobs/batch", "/api/events", "/api/webhooks", "/api/dead-letters/replay", "/api/dead-letters/discard"] {
                let answer = try await api.client.post(path, body)
                #expect(answer.isProblem(422, "validation_failed"), "\(path) \(answer)")
                #expect((answer.count("errors") ?? 0) > 0)
            }
        }
    }

    @Test func `another media type and an encoded body are a 415`() async throws {
        try await TestAPI.run { api in
            let body = #"{"kind":"noop","payload":{}}"#
            for headers in [
                ["Content-Type": "text/plain"], ["Content-Type": "application/x-www-form-urlencoded"],
                ["Content-Type": "application/json; charset=latin1"],
                ["Content-Encoding": "gzip"],
            ] {
                let answer = try await api.client.post("/api/jobs", body, headers: headers)
                #expect(answer.isProblem(415, "unsupported_media_type"), "\(answer)")
            }
            for type in ["application/json; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/vnd.api+json"] {
                #expect(try await api.client.post("/api/jobs", body, headers: ["Content-Type": type]).status == 202)
            }
        }
    }

    @Test func `what is too large is a 413`() async throws {
        try await TestAPI.run { api in
            let filler = String(repeating: "x", count: 300 << 10)
            let payload = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{"a":"\#(filler)"}}"#)
            #expect(payload.isProblem(413, "too_large"), "\(payload.status)")
            #expect(payload.text("errors.0.pointer") == "/payload")
            let data = try await api.client.post("/api/events", #"{"event":"a.b","data":{"a":"\#(filler)"}}"#)
            #expect(data.isProblem(413, "too_large"), "\(data.status)")
            let body = try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{},"x":"\#(filler)\#(filler)\#(filler)\#(filler)"}"#)
            #expect(body.isProblem(413, "too_large"), "\(body.status)")
            let batch = try await api.client.post("/api/jobs/batch", "[\"" + String(repeating: "x", count: 9 << 20) + "\"]")
            #expect(batch.isProblem(413, "too_large"), "\(batch.status)")
            #expect(try await api.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    @Test func `every answer has a request id, the client's own when it is plain`() async throws {
        try await TestAPI.run { api in
            let own = try await api.client.get("/api/jobs", headers: ["X-Request-Id": "my-id.1"])
            #expect(own.headers["x-request-id"] == "my-id.1")
            let odd = try await api.client.get("/api/nothing", headers: ["X-Request-Id": "a b\"c"])
            #expect(odd.headers["x-request-id"]?.hasPrefix("req_") == true)
            #expect(odd.isProblem(404, "unknown_route"))
        }
    }

    @Test func `the log of requests holds no key and no query`() async throws {
        try await TestAPI.run { api in
            _ = try await api.client.get("/api/jobs?kind=sesame")
            _ = try await api.client.with(key: "vk_sesame").get("/api/jobs")
            _ = try await api.client.get("/api/keys/\(api.client.key ?? "")")
            let text = api.lines.text
            #expect(text.contains("/api/jobs") && text.contains("/api/keys/[redacted]"))
            #expect(!text.contains("sesame"))
            #expect(!text.contains(api.client.key ?? "?"))
        }
    }
}
