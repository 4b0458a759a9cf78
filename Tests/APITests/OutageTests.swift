import LocalStack
import TestSupport
import Testing

@Suite struct OutageTests {
    @Test func `health is open to everyone`() async throws {
        try await TestAPI.run { api in
            let open = api.client.with(key: nil)
            let health = try await open.get("/api/health")
            #expect(health.status == 200 && health.text("status") == "ok" && health.text("version") == "1.2.3", "\(health)")
            try await eventually("redis is up") { try await open.get("/api/health/ready").text("redis") == "up" }
            let ready = try await open.get("/api/health/ready")
            #expect(ready.status == 200 && ready.text("postgres") == "up" && ready.text("status") == "ready", "\(ready)")
        }
    }

    @Test func `while Postgres is away every request is told to come back, and it works again afterwards`() async throws {
        let server = try await TestPostgres.exclusive()
        try await TestAPI.run(database: server.url) { api in
            let hook = #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#
            #expect(try await api.client.post("/api/webhooks", hook).status == 201)
            await server.stopImmediately()
            for (method, path, body) in [
                ("GET", "/api/jobs", ""), ("POST", "/api/jobs", #"{"kind":"noop","payload":{}}"#),
                ("POST", "/api/events", #"{"event":"a.b","data":{}}"#),
                ("POST", "/api/webhooks", hook), ("POST", "/api/dead-letters/replay", #"{"filter":{}}"#), ("GET", "/api/logs", ""),
            ] {
                let answer = try await method == "GET" ? api.client.get(path) : api.client.post(path, body)
                #expect(answer.isProblem(503, "storage_unavailable"), "\(answer)")
                #expect(answer.headers["retry-after"] == "1")
            }
            #expect(try await api.client.get("/api/health").status == 200)
            let ready = try await api.client.get("/api/health/ready")
            #expect(ready.status == 503 && ready.text("postgres") == "down", "\(ready)")
            try await server.restart()
            try await eventually("jobs are accepted again") { try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).status == 202 }
            #expect(try await api.booksDiffer() == [])
        }
        await server.close()
    }

    @Test func `without Redis jobs are accepted all the same`() async throws {
        let server = try await TestRedis.exclusive()
        let url = server.url
        await server.stop()
        try await TestAPI.run(redisURL: url, isRedisThere: false) { api in
            #expect(try await api.client.post("/api/jobs", #"{"kind":"noop","payload":{}}"#).status == 202)
            #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#).status == 202)
            let ready = try await api.client.get("/api/health/ready")
            #expect(ready.status == 200 && ready.text("redis") == "down" && ready.text("status") == "degraded", "\(ready)")
        }
        await server.close()
    }
}
