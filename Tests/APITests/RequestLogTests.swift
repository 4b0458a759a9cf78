import API
import FoundationEssentials
import Identity
import Ledger
import LocalStack
import Logging
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct RequestLogTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func `a request is in the log with all that is known of it`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(
                "/api/jobs?x=1", #"{"kind":"noop","payload":{},"priority":9000}"#, headers: ["X-Request-Id": "my-request", "traceparent": Self.trace])
            #expect(answer.status == 422)
            let id = try await api.logged(answer)
            let line = try await api.client.get("/api/logs/\(id)")
            #expect(line.status == 200 && line.text("id") == id && line.text("type") == "request", "\(line)")
            #expect(line.text("method") == "POST" && line.text("route") == "/api/jobs" && line.text("path") == "/api/jobs")
            #expect(line.int("httpStatus") == 422 && line.text("outcome") == "refused" && line.text("errorClass") == "validation_failed")
            #expect(line.text("requestId") == "my-request" && line.text("traceId") == "0af7651916cd43dd8448eb211c80319c")
            #expect(line.text("principal")?.hasPrefix("key_") == true && line.text("address") == "127.0.0.1")
            #expect(line.int("durationMicroseconds").map { $0 > 0 && $0 < 10_000_000 } == true)
            #expect(line.text("requestBody") == nil && line.text("responseBody") == nil, "no bodies unless somebody wants them")
            let stored = try await api.number("SELECT count(*) FROM integration_log WHERE request_id = 'my-request' AND at BETWEEN now() - interval '1 minute' AND now()")
            #expect(stored == 1)
        }
    }

    @Test func `what load balancers and scrapes ask is not in it`() async throws {
        try await TestAPI.run { api in
            for path in ["/api/health", "/api/health/ready", "/metrics"] { _ = try await api.client.get(path) }
            try await api.logged(try await api.client.get("/api/healthy"))
            #expect(try await api.number("SELECT count(*) FROM integration_log") == 1)
        }
    }

    @Test func `each outcome has its word, and an unknown path no route`() async throws {
        try await TestAPI.run { api in
            let good = try await api.client.get("/api/jobs/\(try await api.makeJob())")
            try await api.logged(good)
            let rows = try await api.pool.query("SELECT outcome, route, path FROM integration_log WHERE request_id = $1", [.text(good.headers["x-request-id"] ?? "")])
            #expect(try rows[0].text(0) == "answered" && rows[0].text(1) == "/api/jobs/{id}" && rows[0].text(2).hasPrefix("/api/jobs/job_"))
            let nowhere = try await api.client.get("/api/nowhere")
            try await api.logged(nowhere)
            let row = try await api.pool.query("SELECT outcome, route, error_class FROM integration_log WHERE request_id = $1", [.text(nowhere.headers["x-request-id"] ?? "")])
            #expect(try row[0].text(0) == "refused" && row[0].optionalText(1) == nil && row[0].text(2) == "unknown_route")
        }
    }

    @Test func `no secret of a request gets into the log, whatever is kept of it`() async throws {
        try await TestAPI.run { api in
            let canary = "canaryCanary"
            let key = APIKeySecret.mint().exposed
            #expect(try await api.client.send("PATCH", "/api/workspace/log", body: .init(#"{"bodies":"all"}"#.utf8)).status == 200)
            let opaque = String(repeating: "Zz9", count: 15)
            let body = """
                {"kind":"noop","payload":{"password":"\(canary)","nested":[{"api_key":"\(canary)","headers":{"X":"\(canary)"}}],"clientSecret":"\(canary)",
                "note":"Bearer \(canary)","text":"the key \(key) of","refresh_token":"\(canary)","\(opaque)":1,"list":["\(key)"],"Authorization":{"a":"\(canary)"}}}
                """
            let headers = ["Cookie": "session=\(canary)", "Proxy-Authorization": "Basic \(canary)", "X-Custom": canary]
            var answers = [try await api.client.post("/api/jobs?access_token=\(canary)&key=\(key)", body, headers: headers)]
            #expect(answers[0].status == 202)
            for path in ["/api/jobs/\(key)", "/\(key)/x", "/api/jobs?token=\(canary)"] {
                answers.append(try await api.client.get(path, headers: headers))
                answers.append(try await api.client.with(key: key).get(path, headers: ["Cookie": canary]))
            }
            answers.append(try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{"password":"\#(canary)""#))
            // The answer shows the endpoint's secret.
            let hook = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#)
            answers.append(hook)
            for answer in answers { try await api.logged(answer) }
            let log = try await api.everythingLogged()
            let secret = try #require(hook.text("secret"))
            for secret in [canary, key, secret, opaque, api.client.key ?? "-"] { #expect(!log.contains(secret), "\(secret) in\n\(log)") }
            #expect(log.contains("[redacted]") && log.contains("noop"), "bodies were kept, or this test proves nothing")
        }
    }

    @Test func `a workspace's log is its own, and requests of unknown callers are nobody's`() async throws {
        try await TestAPI.run { api in
            let mine = try await api.client.get("/api/jobs")
            let other = try await api.client()
            let theirs = try await other.get("/api/events")
            let nobodys = try await api.client.with(key: APIKeySecret.mint().exposed).get("/api/webhooks")
            #expect(nobodys.status == 401)
            let (mineID, theirsID, nobodysID) = (try await api.logged(mine), try await api.logged(theirs), try await api.logged(nobodys))
            #expect(try await api.client.get("/api/logs?route=/api/jobs").texts("data", "id") == [mineID])
            #expect(try await other.get("/api/logs?route=/api/jobs").count("data") == 0)
            #expect(try await other.get("/api/logs?requestId=\(mine.headers["x-request-id"] ?? "")").count("data") == 0)
            for id in [theirsID, nobodysID] { #expect(try await api.client.get("/api/logs/\(id)").isProblem(404, "not_found")) }
            #expect(try await api.client.get("/api/logs?unauthenticated=true").texts("data", "id") == [nobodysID])
            #expect(try await api.client.get("/api/logs/\(nobodysID)?unauthenticated=true").text("errorClass") == "invalid_key")
            #expect(try await api.client.get("/api/logs/\(theirsID)?unauthenticated=true").status == 404)
            let reader = try await api.client(workspace: api.workspace, scopes: [.logsRead])
            #expect(try await reader.get("/api/logs").status == 200)
            #expect(try await reader.get("/api/logs?unauthenticated=true").isProblem(403, "missing_scope"))
            #expect(try await reader.get("/api/logs/\(nobodysID)?unauthenticated=true").isProblem(403, "missing_scope"))
            let fleet = try await api.client(workspace: api.workspace, scopes: [.fleet])
            #expect(try await fleet.get("/api/logs").isProblem(403, "missing_scope"))
            #expect(try await fleet.get("/api/logs?unauthenticated=true").status == 200)
        }
    }

    @Test func `while Postgres is away nothing waits for the log, and it catches up`() async throws {
        let server = try await TestPostgres.exclusive()
        try await TestAPI.run(database: server.url) { api in
            try await api.logged(try await api.client.get("/api/nowhere"))
            await server.stopImmediately()
            var answers: [Answer] = []
            let begun = ContinuousClock.now
            for _ in 0..<50 { answers.append(try await api.client.get("/api/nowhere")) }
            #expect(ContinuousClock.now - begun < .seconds(5) && answers.allSatisfy { $0.status == 404 })
            try await server.restart()
            for answer in answers { try await api.logged(answer) }
            #expect(api.services.log.dropped == 0)
            #expect(try await api.booksDiffer() == [])
        }
        await server.close()
    }

    @Test func `more than may wait is dropped and counted, and no request waits`() async throws {
        let server = try await TestPostgres.exclusive()
        try await TestAPI.run(database: server.url, configure: { $0.log = LogWriter(pool: $0.pool, logger: $0.logger, mostRows: 10) }) { api in
            await server.stopImmediately()
            let begun = ContinuousClock.now
            for _ in 0..<60 { #expect(try await api.client.get("/api/nowhere").status == 404) }
            #expect(ContinuousClock.now - begun < .seconds(5))
            // What the writer has in its hands is beside what waits.
            #expect((40...50).contains(api.services.log.dropped) && api.services.log.backlog <= 10)
            let dropped = Int64(api.services.log.dropped)
            try await server.restart()
            try await eventually("all others are written") { try await api.number("SELECT count(*) FROM integration_log") == 60 - dropped }
        }
        await server.close()
    }

    @Test func `a graceful stop writes what waits`() async throws {
        let url = try await TestPostgres.freshDatabase()
        var id = ""
        try await TestAPI.run(database: url, configure: { $0.log = LogWriter(pool: $0.pool, logger: $0.logger, pause: .seconds(600)) }) { api in
            id = try await api.client.get("/api/nowhere").headers["x-request-id"] ?? "-"
            #expect(api.services.log.backlog == 1)
        }
        #expect(try await TestPostgres.psql(url, "SELECT count(*) FROM integration_log WHERE request_id = '\(id)'") == "1")
    }
}
