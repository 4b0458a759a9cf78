import Foundation
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct WebhookStatsTests {
    @Test func `statistics tell of the endpoint's own attempts within the window`() async throws {
        let receiver = Receiver(answers: http(500), http(200))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url())
            let other = try await stage.webhook(receiver.url(), type: "c.d")
            let path = "/api/webhooks/\(webhook)/stats"
            let empty = try await stage.client.get(path)
            #expect(empty.int("attempts") == 0 && empty.value("successRate") is NSNull && empty.value("durationMicroseconds") is NSNull, "\(empty)")
            #expect(empty.text("window") == "24h" && empty.bool("isComplete") == true)
            _ = try await stage.attempted(stage.publish())
            for _ in 0..<3 { _ = try await stage.ended(stage.publish()) }
            let stats = try await stage.client.get("\(path)?window=1h")
            #expect(stats.int("attempts") == 4 && stats.int("succeeded") == 3 && stats.int("failed") == 1 && stats.int("exhausted") == 0, "\(stats)")
            #expect((stats.value("successRate") as? NSNumber)?.doubleValue == 0.75 && stats.text("lastSuccessAt") != nil && stats.text("lastFailureAt") != nil)
            let (p50, p99) = (try #require(stats.int("durationMicroseconds.p50")), try #require(stats.int("durationMicroseconds.p99")))
            #expect(p50 > 0 && p99 >= p50)
            #expect(try await stage.client.get("/api/webhooks/\(other)/stats").int("attempts") == 0)
            _ = try await stage.api.pool.query("UPDATE integration_log SET at = at - interval '2 hours' WHERE outcome = 'retried'")
            #expect(try await stage.client.get("\(path)?window=1h").int("attempts") == 3)
            #expect(try await stage.client.get("\(path)?window=6h").int("attempts") == 4)
            #expect(try await stage.client.get("\(path)?window=1y").isProblem(422, "validation_failed"))
        }
    }

    @Test func `what is due and not sent shows its age`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#)
            for _ in 0..<3 { _ = try await api.client.post("/api/events", #"{"event":"a.b","data":{}}"#) }
            _ = try await api.pool.query("UPDATE jobs SET run_at = now() - interval '90 seconds' WHERE id = (SELECT min(id::text)::uuid FROM jobs)")
            let stats = try await api.client.get("/api/webhooks/\(made.text("id") ?? "")/stats")
            #expect(stats.int("waiting") == 3 && (90...100).contains(stats.int("pastDueSeconds") ?? 0), "\(stats)")
        }
    }

    @Test func `a busy endpoint is told of by its newest attempts, and by since when they were`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#)
            let webhook = try #require(made.text("id"))
            _ = try await api.pool.query(
                """
                INSERT INTO integration_log (at, workspace_id, type, kind, lane, attempt, outcome, duration_us)
                SELECT now() - n * interval '1 second', $1, 'attempt', 'webhook.deliver', $2, 1, CASE WHEN n % 10 = 0 THEN 'retried' ELSE 'succeeded' END, n
                FROM generate_series(1, 30000) n
                """, [.id(api.workspace.value), .text(webhook)])
            let stats = try await api.client.get("/api/webhooks/\(webhook)/stats")
            #expect(stats.bool("isComplete") == false && stats.int("attempts") == 20_000, "\(stats)")
            #expect((stats.value("successRate") as? NSNumber)?.doubleValue == 0.9 && stats.int("durationMicroseconds.p99") == 19_800)
            let since = try #require(RFC3339.parse(stats.text("to") ?? "")) - #require(RFC3339.parse(stats.text("from") ?? ""))
            #expect((19_990...20_060).contains(since / 1_000_000))
        }
    }
}
