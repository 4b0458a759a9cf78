import Foundation
import Postgres
import Primitives
import TestSupport
import Testing

/// What a delivery shows of its attempts, against real receivers.
@Suite struct DeliveryRoutesTests {
    @Test func `a delivery shows what was sent, what was answered and where the time went`() async throws {
        let receiver = Receiver(answers: http(200, "content-type: text/plain", body: "thanks"))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url("/hook"))
            let id = try await stage.publish(data: #"{"n": 1.50}"#)
            let answer = try await stage.ended(id)
            #expect(answer.text("status") == "succeeded" && answer.text("webhookId") == webhook && answer.text("messageId") == id, "\(answer)")
            #expect(answer.value("nextAttempt") is NSNull && answer.bool("isReplay") == false && answer.text("event") == "a.b")
            #expect(answer.text("request.url") == receiver.url("/hook") && answer.text("request.body")?.hasSuffix(#""data":{"n": 1.50}}"#) == true)
            #expect(answer.texts("request.headers", "value").contains(id) && !answer.body.contains("webhook-signature"))

            #expect(answer.count("attempts") == 1 && answer.text("attempts.0.outcome") == "succeeded" && answer.int("attempts.0.httpStatus") == 200)
            for phase in ["queueWait", "connect", "firstByte", "total"] { #expect(answer.int("attempts.0.timings.\(phase)") ?? 0 > 0, "\(phase)") }
            #expect(answer.int("attempts.0.timings.tls") == 0 && answer.text("attempts.0.httpVersion") == "1.1")
            #expect(answer.bool("attempts.0.reusedConnection") == false && answer.value("attempts.0.tlsVersion") is NSNull)
            #expect(answer.text("attempts.0.response.body") == "thanks" && answer.int("attempts.0.response.bytes") == 6)
            #expect(answer.value("attempts.0.next") is NSNull && answer.int("attempts.0.requestBytes") == answer.text("request.body")?.utf8.count)

            let request = try #require(receiver.requests.first)
            #expect(String(decoding: request.body, as: UTF8.self) == answer.text("request.body"), "to the byte")
            #expect(request.header("webhook-id") == id && request.header("webhook-attempt") == "1" && request.header("webhook-replay") == nil)
            #expect(request.header("user-agent") == "Voicera-Webhooks/1" && request.header("traceparent")?.contains(answer.text("traceparent")?.dropFirst(3).prefix(32) ?? "-") == true)
            #expect(try await stage.client.get("/api/webhooks/\(webhook)/deliveries").texts("data", "id") == [id])
            #expect(try await stage.api.booksDiffer() == [])
        }
    }

    @Test func `a failed attempt says when the next one is due and why, and keeps no cookie`() async throws {
        let receiver = Receiver(answers: http(500, "Retry-After: 100", "Set-Cookie: session=abc", "X-Reason: broken", body: "sorry"))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            _ = try await stage.webhook(receiver.url())
            let answer = try await stage.attempted(stage.publish())
            #expect(answer.text("status") == "pending" && answer.int("failures") == 1 && answer.text("errorClass") == "http_status", "\(answer)")
            #expect(answer.text("nextAttempt.why") == "retry_after" && answer.text("nextAttempt.at") == answer.text("attempts.0.next.at"))
            let (ended, due) = (RFC3339.parse(answer.text("attempts.0.at") ?? ""), RFC3339.parse(answer.text("nextAttempt.at") ?? ""))
            #expect(try #require(due) - #require(ended) == 100_000_000)
            #expect(answer.value("attempts.0.next.laneHeldMicroseconds") is NSNull, "a broken receiver holds nothing up")
            let headers = zip(answer.texts("attempts.0.response.headers", "name"), answer.texts("attempts.0.response.headers", "value"))
            #expect(headers.contains { $0 == ("x-reason", "broken") } && headers.contains { $0 == ("set-cookie", "[hidden]") } && !answer.body.contains("session=abc"))
        }
    }

    @Test func `of a long answer 16 KiB are kept`() async throws {
        let receiver = Receiver(answers: http(500, body: String(repeating: "x", count: 100_000)))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            _ = try await stage.webhook(receiver.url())
            let answer = try await stage.attempted(stage.publish())
            #expect(answer.int("attempts.0.response.bytes") == 16_384 && answer.bool("attempts.0.response.isTruncated") == true)
            #expect(answer.text("attempts.0.response.body")?.utf8.count == 16_384 && answer.int("attempts.0.httpStatus") == 500)
        }
    }

    @Test func `a receiver that is not there is told by its error and how far it came`() async throws {
        let receiver = Receiver(answers: http(200))
        let url = receiver.url()
        receiver.stop()
        try await DeliveryStage.run { stage in
            _ = try await stage.webhook(url)
            let answer = try await stage.attempted(stage.publish())
            #expect(["connection_refused", "connection_reset"].contains(answer.text("attempts.0.errorClass")), "\(answer)")
            #expect(answer.value("attempts.0.response") is NSNull && answer.text("attempts.0.phase") != nil && answer.text("nextAttempt.why") == "schedule")
        }
    }

    @Test func `deliveries are listed newest first, page after page, by state, event, time and replay`() async throws {
        let receiver = Receiver(answers: http(500), http(200))
        defer { receiver.stop() }
        try await DeliveryStage.run { stage in
            let webhook = try await stage.webhook(receiver.url(), type: "a.b")
            let other = try await stage.webhook(receiver.url(), type: "c.d")
            let path = "/api/webhooks/\(webhook)/deliveries"
            let failed = try await stage.publish()
            _ = try await stage.attempted(failed)
            var ids = [failed]
            for _ in 0..<4 {
                ids.append(try await stage.publish())
                _ = try await stage.ended(ids.last ?? "")
            }
            let newest = Array(ids.reversed())
            #expect(try await stage.client.get(path).texts("data", "id") == newest)
            var (seen, cursor): ([String], String?) = ([], "")
            while let place = cursor {
                let page = try await stage.client.get("\(path)?limit=2" + (place.isEmpty ? "" : "&cursor=\(place)"))
                seen += page.texts("data", "id")
                cursor = page.text("nextCursor")
            }
            #expect(seen == newest)
            #expect(try await stage.client.get("\(path)?status=pending").texts("data", "id") == [failed])
            #expect(try await stage.client.get("\(path)?status=succeeded&limit=200").count("data") == 4)
            #expect(try await stage.client.get("\(path)?event=c.d").count("data") == 0)
            #expect(try await stage.client.get("/api/webhooks/\(other)/deliveries").count("data") == 0)
            let middle = try #require(try await stage.delivery(ids[2]).text("createdAt"))
            #expect(try await stage.client.get("\(path)?since=\(middle)").texts("data", "id") == Array(newest.prefix(3)))
            #expect(try await stage.client.get("\(path)?until=\(middle)").texts("data", "id") == Array(newest.suffix(2)))
            #expect(try await stage.client.get("\(path)?replay=true").count("data") == 0)
            #expect(try await stage.client.get("\(path)?replay=false&limit=200").count("data") == 5)
            for wrong in ["status=running", "replay=1", "since=yesterday", "cursor=x", "limit=0"] {
                #expect(try await stage.client.get("\(path)?\(wrong)").isProblem(422, "validation_failed"), "\(wrong)")
            }
        }
    }
}
