import Foundation
import Postgres
import Primitives
import TestSupport
import Testing

/// What receivers may say, and what comes of it, over real sockets.
@Suite struct DeliveryVerdictRouteTests {
    @Test func `an overloaded receiver is waited for, no attempt spent, and every request has the same id`() async throws {
        let receiver = Receiver(answers: http(429, "Retry-After: 1"), http(200))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            _ = try await stage.webhook(receiver.url())
            let id = try await stage.publish()
            let answer = try await stage.ended(id)
            #expect(answer.text("status") == "succeeded" && answer.int("attempt") == 1 && answer.int("failures") == 0, "\(answer)")
            #expect(answer.texts("attempts", "outcome") == ["snoozed", "succeeded"] && answer.int("attempts.0.httpStatus") == 429)
            #expect(answer.text("attempts.0.next.why") == "retry_after" && answer.int("attempts.0.next.laneHeldMicroseconds") == 1_000_000)
            #expect(receiver.requests.map { $0.header("webhook-id") } == [id, id])
            #expect(receiver.requests.map { $0.header("webhook-attempt") } == ["1", "1"])
        }
    }

    @Test func `success on the last allowed attempt is success and nothing else`() async throws {
        let receiver = Receiver(answers: http(500), http(200))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url(), schedule: "1")
            let id = try await stage.publish()
            try await stage.allow(2, of: id)
            let answer = try await stage.ended(id)
            #expect(answer.text("status") == "succeeded" && answer.int("attempt") == 2 && answer.int("maxAttempts") == 2, "\(answer)")
            #expect(receiver.requests.map { $0.header("webhook-id") } == [id, id] && receiver.requests.map { $0.header("webhook-attempt") } == ["1", "2"])
            #expect(answer.text("attempts.0.next.why") == "schedule" && answer.value("errorClass") is NSNull)
            #expect(try await stage.client.get("/api/webhooks/\(webhook)").text("status") == "active")
            #expect(try await stage.client.get("/api/dead-letters").count("data") == 0)
            #expect(try await stage.api.booksDiffer() == [])
        }
    }

    @Test func `an exhausted delivery is a dead letter that says so`() async throws {
        let receiver = Receiver(answers: http(500))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url(), schedule: "0")
            let id = try await stage.publish()
            try await stage.allow(2, of: id)
            let answer = try await stage.ended(id)
            #expect(answer.text("status") == "dead" && answer.texts("attempts", "outcome") == ["retried", "dead"], "\(answer)")
            #expect(answer.text("attempts.1.next.why") == "exhausted" && answer.value("attempts.1.next.at") is NSNull && answer.value("nextAttempt") is NSNull)
            #expect(try await stage.client.get("/api/dead-letters?webhookId=\(webhook)").texts("data", "id") == [answer.text("jobId")])
            #expect(try await stage.client.get("/api/webhooks/\(webhook)").text("status") == "active")
        }
    }

    @Test func `a redirect is not followed`() async throws {
        let target = Receiver(answers: http(200))
        let receiver = Receiver(answers: http(307, "Location: \(target.url())"))
        defer {
            receiver.stop()
            target.stop()
        }
        try await DeliveryStage.run { stage in
            _ = try await stage.webhook(receiver.url())
            let answer = try await stage.attempted(stage.publish())
            #expect(answer.text("attempts.0.errorClass") == "redirect_refused" && answer.int("attempts.0.httpStatus") == 307, "\(answer)")
            #expect(target.connections == 0 && receiver.requests.count == 1)
        }
    }

    @Test func `410 disables the endpoint; its delivery can be had back, and waits`() async throws {
        let receiver = Receiver(answers: http(410), http(200))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url())
            let id = try await stage.publish()
            let answer = try await stage.ended(id)
            #expect(answer.text("status") == "dead" && answer.text("errorClass") == "endpoint_gone" && answer.int("attempt") == 1, "\(answer)")
            #expect(answer.text("attempts.0.next.why") == "endpoint_gone")
            #expect(try await stage.client.get("/api/webhooks/\(webhook)").text("status") == "disabled")
            #expect(try await stage.client.post("/api/deliveries/\(id)/redeliver", "{}").status == 202)
            let again = try #require(try await stage.client.get("/api/webhooks/\(webhook)/deliveries?replay=true").text("data.0.id"))
            let endpoint = try #require(EndpointID(webhook))
            let waiting = try await stage.delivery(again)
            #expect(waiting.text("status") == "pending" && receiver.requests.count == 1, "nothing is sent meanwhile: \(waiting)")
            #expect(try await stage.api.pool.query("SELECT disabled_reason FROM endpoints WHERE id = $1", [.id(endpoint.value)]).first?.text(0) == "gone")
        }
    }

    @Test func `a receiver may give a message up, or want nothing more`() async throws {
        let receiver = Receiver(answers: http(400, "webhook-delivery: abort-message"), http(200, "webhook-delivery: disable"))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url())
            let given = try await stage.ended(stage.publish())
            #expect(given.text("status") == "dead" && given.text("errorClass") == "aborted_by_receiver" && given.count("attempts") == 1, "\(given)")
            #expect(try await stage.client.get("/api/webhooks/\(webhook)").text("status") == "active")
            let taken = try await stage.ended(stage.publish())
            #expect(taken.text("status") == "succeeded", "what was delivered stays delivered: \(taken)")
            #expect(try await stage.client.get("/api/webhooks/\(webhook)").text("status") == "disabled")
        }
    }
}
