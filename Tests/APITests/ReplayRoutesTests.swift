import Identity
import Jobs
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct ReplayRoutesTests {
    /// What the leading scheduler does, without one.
    private func work(_ api: TestAPI) async throws {
        let term = try #require(try await Leadership(pool: api.pool, holder: "s1", lease: .seconds(60)).claim())
        let replays = ReplayTable(pool: api.pool, work: Publisher.replayWork())
        for replay in try await replays.running(limit: 100, term: term) { _ = try await replays.step(replay.id, term: term) }
    }

    private func webhook(_ api: TestAPI) async throws -> String {
        try #require(try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#).text("id"))
    }

    private func publish(_ count: Int, _ api: TestAPI, type: String = "a.b") async throws {
        for number in 0..<count { #expect(try await api.client.post("/api/events", #"{"event":"\#(type)","data":{"n":\#(number)}}"#).status == 202) }
    }

    private func set(_ status: String, _ api: TestAPI) async throws {
        _ = try await api.pool.query("UPDATE endpoints SET status = $1", [.text(status)])
    }

    @Test func `events that a webhook missed are counted, then delivered once, and the progress can be read`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api)
            try await set("disabled", api)
            try await publish(3, api)
            try await publish(1, api, type: "c.d")
            try await set("active", api)
            let path = "/api/webhooks/\(id)/replay-missing"
            let dry = try await api.client.post(path, #"{"since":"2020-01-01T00:00:00Z","dryRun":true}"#)
            #expect(dry.status == 200 && dry.int("total") == 3 && dry.bool("dryRun") == true, "\(dry)")
            let begun = try await api.client.post(path, #"{"since":"2020-01-01T00:00:00Z","rate":2}"#)
            let replay = try #require(begun.text("id"))
            #expect(begun.status == 202 && begun.int("total") == 3 && begun.text("choice") == "missing", "\(begun)")
            #expect(begun.headers["location"] == "/api/replays/\(replay)" && begun.text("links.self") == "/api/replays/\(replay)")
            for _ in 0..<5 {
                try await work(api)
                _ = try await api.pool.query("UPDATE replays SET next_at = now() - interval '1 second'")
            }
            let shown = try await api.client.get("/api/replays/\(replay)")
            #expect(shown.text("status") == "done" && shown.int("done") == 3 && shown.text("endedAt") != nil, "\(shown)")
            #expect(try await api.client.get("/api/replays?status=done&webhookId=\(id)").texts("data", "id") == [replay])
            #expect(try await api.client.get("/api/replays?status=running").count("data") == 0)
            #expect(try await api.client.post(path, #"{"since":"2020-01-01T00:00:00Z","dryRun":true}"#).int("total") == 0)
            #expect(try await api.number("SELECT count(*) FROM deliveries WHERE is_replay") == 3)
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE payload LIKE '%\"isReplay\":true%' AND max_attempts = 10") == 3)
            let action = try await api.client.get("/api/operator-actions")
            #expect(action.text("data.0.action") == "webhooks.replay" && action.text("data.0.detail.replayId") == replay, "\(action)")
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `what was given up is recovered as what it was, and told to its receiver as a replay`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api)
            try await publish(3, api)
            try await api.buryAll()
            let path = "/api/webhooks/\(id)/recover"
            #expect(try await api.client.post(path, #"{"since":"2999-01-01T00:00:00Z","dryRun":true}"#).int("total") == 0)
            #expect(try await api.client.post(path, #"{"since":"2020-01-01T00:00:00Z","dryRun":true}"#).int("total") == 3)
            #expect(try await api.client.post(path, #"{"since":"2020-01-01T00:00:00Z"}"#).status == 202)
            #expect(try await api.client.get("/api/dead-letters?webhookId=\(id)").count("data") == 3, "nothing moves before the leader does")
            try await work(api)
            #expect(try await api.client.get("/api/dead-letters?webhookId=\(id)").count("data") == 0)
            let jobs = try await api.client.get("/api/jobs?kind=webhook.deliver&status=pending")
            #expect(jobs.count("data") == 3 && jobs.int("data.0.attempt") == 2, "\(jobs)")
            for payload in try await api.pool.query("SELECT payload FROM jobs") {
                let job = try WebhookDeliverJob.decode(payload.text(0))
                #expect(job.isReplay && job.body.hasPrefix(#"{"event":"a.b","#))
            }
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `by filter, to another URL, under the id that receivers know`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api)
            try await publish(2, api)
            try await api.buryAll()
            let path = "/api/webhooks/\(id)/replay"
            #expect(try await api.client.post(path, #"{"status":"succeeded","dryRun":true}"#).int("total") == 0)
            let begun = try await api.client.post(path, #"{"status":"dead","eventTypes":["a.b"],"url":"https://debug.example/x"}"#)
            #expect(begun.status == 202 && begun.int("total") == 2 && begun.text("url") == "https://debug.example/x", "\(begun)")
            try await work(api)
            let rows = try await api.pool.query("SELECT j.payload, d.first_id, j.lane FROM jobs j JOIN deliveries d USING (id) WHERE d.is_replay")
            #expect(rows.count == 2)
            for row in rows {
                let job = try WebhookDeliverJob.decode(row.text(0))
                let first = DeliveryID(try row.id(1))
                #expect(job.url == "https://debug.example/x" && job.firstId == first && job.isReplay)
                #expect(try row.text(2) == begun.text("id"), "its own lane")
            }
            #expect(try await api.client.get("/api/dead-letters").count("data") == 2, "they are dead letters still")
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `more than a request may look into is not counted by a filter, and says so`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(
                "/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/","filter":{"data.n":1}}"#)
            let id = try #require(answer.text("id"), "\(answer)")
            _ = try await api.pool.query(
                """
                WITH e AS (
                    INSERT INTO events (id, workspace_id, type, event_key, deliveries)
                    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, 'a.b', 'e' || n, 0 FROM generate_series(1, 100001) n
                    RETURNING id)
                INSERT INTO event_bodies (event_id, workspace_id, body) SELECT id, $1, '{"data":{"n":2}}' FROM e
                """, [.id(api.workspace.value)])
            let refused = try await api.client.post("/api/webhooks/\(id)/replay-missing", #"{"since":"2020-01-01T00:00:00Z","dryRun":true}"#)
            #expect(refused.isProblem(409, "too_much_to_count"), "\(refused)")
        }
    }

    @Test(arguments: [
        ("recover", #"{}"#), ("recover", #"{"since":"yesterday"}"#), ("recover", #"{"since":"2020-01-01T00:00:00Z","status":"dead"}"#),
        ("replay", #"{"status":"pending"}"#), ("replay", #"{"rate":0}"#), ("replay", #"{"url":"https://127.0.0.1/"}"#),
        ("replay", #"{"url":"https://169.254.169.254/latest"}"#), ("replay", #"{"since":"2024-01-02T00:00:00Z","until":"2024-01-01T00:00:00Z"}"#),
        ("replay-missing", #"{"since":"2020-01-01T00:00:00Z","eventTypes":["no good"]}"#), ("replay", #"{"untill":"2020-01-01T00:00:00Z"}"#),
    ])
    func `a replay that is not clear is not begun`(verb: String, body: String) async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api)
            let refused = try await api.client.post("/api/webhooks/\(id)/\(verb)", body)
            let isEmpty = body.contains("until\"")
            #expect(isEmpty ? refused.isProblem(409, "empty_range") : refused.isProblem(422, "validation_failed"), "\(refused)")
            #expect(try await api.client.get("/api/replays").count("data") == 0)
        }
    }

    @Test func `a replay is steered by its own workspace only, and a repeated request begins no second one`() async throws {
        try await TestAPI.run { api in
            let id = try await webhook(api)
            let path = "/api/webhooks/\(id)/replay"
            let first = try await api.client.post(path, "{}", headers: ["Idempotency-Key": "k"])
            let again = try await api.client.post(path, "{}", headers: ["Idempotency-Key": "k"])
            let replay = try #require(first.text("id"))
            #expect(again.status == 202 && again.text("id") == replay && again.headers["idempotent-replayed"] == "true")
            let other = try await api.client()
            #expect(try await other.post(path, "{}").isProblem(404, "not_found"))
            #expect(try await other.get("/api/replays/\(replay)").status == 404)
            #expect(try await other.post("/api/replays/\(replay)/cancel", "{}").isProblem(404, "not_found"))
            #expect(try await other.get("/api/replays").count("data") == 0)
            #expect(try await api.client(workspace: api.workspace, scopes: [.webhooksRead]).post(path, "{}").status == 403)
            #expect(try await api.client.post("/api/replays/\(replay)/pause", "{}").text("status") == "paused")
            #expect(try await api.client.post("/api/replays/\(replay)/cancel", "{}").text("status") == "cancelled")
            #expect(try await api.client.post("/api/replays/\(replay)/resume", "{}").isProblem(409, "replay_over"))
            let actions = try await api.client.get("/api/operator-actions").texts("data", "action")
            #expect(actions == ["replays.cancel", "replays.pause", "webhooks.replay"])
            for _ in 0..<ReplayTable.mostOpen { #expect(try await api.client.post(path, "{}").status == 202) }
            #expect(try await api.client.post(path, "{}").isProblem(409, "too_many_replays"))
        }
    }
}
