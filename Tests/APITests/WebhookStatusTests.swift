import Foundation
import Identity
import Postgres
import TestSupport
import Testing

@Suite struct WebhookStatusTests {
    private func make(_ api: TestAPI, _ types: String = #""eventType":"a.b""#) async throws -> String {
        try #require(try await api.client.post("/api/webhooks", #"{\#(types),"webhookUrl":"https://example.com/hook"}"#).text("id"))
    }

    @Test func `a webhook is disabled and enabled, which is told to the others, and its lane waits meanwhile`() async throws {
        try await TestAPI.run { api in
            try await api.openIndex()
            let id = try await make(api)
            let ear = try await make(api, #""eventType":"endpoint.disabled""#)
            let disabled = try await api.client.post("/api/webhooks/\(id)/disable", "")
            #expect(disabled.status == 200 && disabled.text("status") == "disabled" && disabled.text("disabledReason") == "manual", "\(disabled)")
            #expect(disabled.text("disabledAt") != nil && disabled.text("health.circuit") == "closed")
            let lane = try await api.client.get("/api/lanes?queue=webhooks&lane=\(id)")
            #expect(lane.texts("data.0.holds", "cause") == ["disabled"] && lane.bool("data.0.paused") == true, "\(lane)")
            #expect(try await api.number("SELECT count(*) FROM jobs WHERE lane = '\(ear)'") == 1)
            #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#).int("deliveries") == 0)

            #expect(try await api.client.post("/api/webhooks/\(id)/disable", "{}").status == 200)
            #expect(try await api.number("SELECT count(*) FROM events WHERE type = 'endpoint.disabled'") == 1, "it was so already")
            #expect(try await api.client.post("/api/webhooks/\(id)/pause", "").isProblem(409, "webhook_disabled"))
            let enabled = try await api.client.post("/api/webhooks/\(id)/enable", "")
            #expect(enabled.text("status") == "active" && enabled.value("disabledReason") is NSNull, "\(enabled)")
            #expect(try await api.client.get("/api/lanes?queue=webhooks&lane=\(id)").bool("data.0.paused") == false)
            #expect(try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#).int("deliveries") == 1)
        }
    }

    @Test func `an operator's pause of the lane outlives a webhook's, and one hold is ended at a time`() async throws {
        try await TestAPI.run { api in
            let id = try await make(api)
            _ = try await api.client.post("/api/lanes/pause", #"{"queue":"webhooks","lane":"\#(id)","reason":"repair"}"#)
            #expect(try await api.client.post("/api/webhooks/\(id)/pause", "").text("status") == "paused")
            #expect(try await api.client.post("/api/webhooks/\(id)/resume", "").text("status") == "active")
            let lane = try await api.client.get("/api/lanes?queue=webhooks&lane=\(id)")
            #expect(lane.texts("data.0.holds", "cause") == ["operator"] && lane.text("data.0.pausedReason") == "repair", "\(lane)")
            _ = try await api.client.post("/api/webhooks/\(id)/disable", "")
            let resumed = try await api.client.post("/api/lanes/resume", #"{"queue":"webhooks","lane":"\#(id)"}"#)
            #expect(resumed.bool("paused") == true && resumed.texts("holds", "cause") == ["disabled"], "\(resumed)")
            let wrong = try await api.client.post("/api/lanes/resume", #"{"queue":"webhooks","lane":"\#(id)","cause":"disabled"}"#)
            #expect(wrong.texts("errors", "pointer") == ["/cause"], "\(wrong)")
        }
    }

    @Test func `a repeated request is answered the same and does nothing again`() async throws {
        try await TestAPI.run { api in
            let id = try await make(api)
            let key = ["Idempotency-Key": "once"]
            let first = try await api.client.send("POST", "/api/webhooks/\(id)/disable", headers: key)
            _ = try await api.client.post("/api/webhooks/\(id)/enable", "")
            let again = try await api.client.send("POST", "/api/webhooks/\(id)/disable", headers: key)
            #expect(first.text("status") == "disabled" && again.body == first.body, "\(again)")
            #expect(try await api.client.get("/api/webhooks/\(id)/health").text("status") == "active")
            #expect(try await api.client.send("POST", "/api/webhooks/\(id)/disable", body: Data(#"{"x":1}"#.utf8)).status == 422)
        }
    }

    @Test func `another workspace's webhook is not there, and reading is not writing`() async throws {
        try await TestAPI.run { api in
            let id = try await make(api)
            let stranger = try await api.client()
            for action in ["enable", "disable", "pause", "resume"] {
                #expect(try await stranger.post("/api/webhooks/\(id)/\(action)", "").isProblem(404, "not_found"))
            }
            #expect(try await stranger.get("/api/webhooks/\(id)/health").isProblem(404, "not_found"))
            let reader = try await api.client(workspace: api.workspace, scopes: [.webhooksRead])
            #expect(try await reader.get("/api/webhooks/\(id)/health").status == 200)
            #expect(try await reader.post("/api/webhooks/\(id)/disable", "").status == 403)
            #expect(try await api.number("SELECT count(*) FROM endpoints WHERE status = 'active'") == 1)
        }
    }

    @Test func `health says what was seen`() async throws {
        try await TestAPI.run { api in
            let id = try await make(api)
            _ = try await api.pool.query(
                """
                INSERT INTO endpoint_health (endpoint_id, workspace_id, last_success_at, last_failure_at, failing_since, failures_since_success, circuit,
                    circuit_until, warned)
                SELECT id, workspace_id, '2024-01-01T00:00:00Z', '2024-01-03T00:00:00Z', '2024-01-02T00:00:00Z', 12, 'open', '2024-01-03T00:05:00Z', 50
                FROM endpoints
                """)
            let seen = try await api.client.get("/api/webhooks/\(id)/health")
            #expect(seen.text("health.circuit") == "open" && seen.int("health.failures") == 12 && seen.int("health.warning") == 50, "\(seen)")
            #expect(seen.text("health.failingSince")?.hasPrefix("2024-01-02T00:00:00") == true && seen.text("health.circuitUntil") != nil)
        }
    }
}
