import Foundation
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct RedeliveryTests {
    @Test func `a delivery is made anew under the id that its receiver knows, whatever became of it, once a key`() async throws {
        let receiver = Receiver(answers: http(200))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url())
            let id = try await stage.publish(data: #"{"a":[1, 2]}"#)
            _ = try await stage.ended(id)
            let path = "/api/deliveries/\(id)/redeliver"
            let first = try await stage.client.post(path, "", headers: ["Idempotency-Key": "again"])
            #expect(first.status == 202 && first.text("messageId") == id && first.text("status") == "pending", "\(first)")
            let second = try await stage.client.post(path, "", headers: ["Idempotency-Key": "again"])
            #expect(second.body == first.body && second.headers["idempotent-replayed"] == "true")
            let new = try #require(first.text("deliveryId"))
            let answer = try await stage.ended(new)
            #expect(answer.text("status") == "succeeded" && answer.bool("isReplay") == true && answer.text("messageId") == id, "\(answer)")
            #expect(answer.int("maxAttempts") == 10 && answer.texts("request.headers", "value").contains("true"))
            let requests = receiver.requests
            #expect(requests.count == 2 && requests[0].body == requests[1].body)
            #expect(requests.map { $0.header("webhook-id") } == [id, id] && requests.map { $0.header("webhook-replay") } == [nil, "true"])
            // One that is made anew of one that was made anew has the first one's id.
            let third = try await stage.client.post("/api/deliveries/\(new)/redeliver", "{}")
            #expect(third.text("messageId") == id && third.text("deliveryId") != new, "\(third)")
            _ = try await stage.ended(third.text("deliveryId") ?? "")
            let list = "/api/webhooks/\(webhook)/deliveries"
            #expect(try await stage.client.get("\(list)?replay=true").count("data") == 2)
            #expect(try await stage.client.get("\(list)?replay=false").texts("data", "id") == [id])
            #expect(try await stage.client.get("/api/operator-actions?action=deliveries.redeliver").count("data") == 2)
            #expect(try await stage.api.booksDiffer() == [])
        }
    }

    @Test func `what cannot be delivered is refused, and leaves nothing behind`() async throws {
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook("http://127.0.0.1:65535/")
            let id = try await stage.publish()
            #expect(try await stage.client.post("/api/deliveries/\(id)/redeliver", #"{"to":"x"}"#).isProblem(422, "validation_failed"))
            #expect(try await stage.client.post("/api/deliveries/dlv_01jd2n8w5tq3v9k7x4m6b0c1yz/redeliver", "{}").isProblem(404, "not_found"))
            #expect(try await stage.client.send("DELETE", "/api/webhooks/\(webhook)").status == 204)
            #expect(try await stage.client.post("/api/deliveries/\(id)/redeliver", "{}").isProblem(409, "not_redeliverable"))
            #expect(try await stage.api.number("SELECT count(*) FROM deliveries") == 1)
            #expect(try await stage.api.booksDiffer() == [])
        }
    }
}
