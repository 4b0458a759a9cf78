import Foundation
import Jobs
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

/// A delivery that was given up is a dead letter like any other, and may go elsewhere or with other headers.
@Suite struct DeadDeliveryTests {
    /// - Returns: the webhook and its dead deliveries.
    private func dead(_ count: Int, _ api: TestAPI) async throws -> (webhook: String, jobs: [String]) {
        let webhook = try #require(try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#).text("id"))
        for number in 0..<count { _ = try await api.client.post("/api/events", #"{"event":"a.b","data":{"n":\#(number)}}"#) }
        try await api.buryAll()
        return (webhook, try await api.client.get("/api/dead-letters?webhookId=\(webhook)").texts("data", "id"))
    }

    private func patch(_ api: TestAPI, _ id: String, _ body: String) async throws -> Answer {
        try await api.client.send("PATCH", "/api/dead-letters/\(id)", body: Data(body.utf8))
    }

    private func payload(_ api: TestAPI, _ id: String, with more: String) async throws -> String {
        let letter = try await api.client.get("/api/dead-letters/\(id)")
        return #"{"payload":{"endpointId":"\#(try #require(letter.text("payload.endpointId")))",\#(more),"body":{"n": 1.50}}}"#
    }

    @Test func `dead deliveries are listed by their webhook, grouped, looked at and run again`() async throws {
        try await TestAPI.run { api in
            let (webhook, jobs) = try await dead(3, api)
            #expect(jobs.count == 3)
            let groups = try await api.client.get("/api/dead-letters?groupBy=fingerprint&webhookId=\(webhook)")
            #expect(groups.int("data.0.count") == 3 && groups.text("data.0.kind") == "webhook.deliver", "\(groups)")
            #expect(try await api.client.get("/api/dead-letters/\(jobs[0])").count("attempts") == 1)
            #expect(try await api.client.post("/api/dead-letters/replay", #"{"filter":{"webhookId":"\#(webhook)"}}"#).int("replayed") == 3)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test func `headers and URL of a dead delivery are changed, and nobody is shown their values again`() async throws {
        try await TestAPI.run { api in
            let job = try await dead(1, api).jobs[0]
            let edited = try await patch(
                api, job, payload(api, job, with: #""url":"https://other.example/hook","headers":{"Authorization":"Bearer s3cr3t","X-Team":"blue"}"#))
            #expect(edited.status == 200 && edited.int("payloadVersion") == 2, "\(edited)")
            let letter = try await api.client.get("/api/dead-letters/\(job)")
            #expect(letter.text("payload.url") == "https://other.example/hook" && letter.text("payload.headers.authorization") == "********", "\(letter)")
            for path in ["/api/dead-letters/\(job)/payloads/2", "/api/jobs/\(job)"] {
                let shown = try await api.client.get(path)
                #expect(shown.text("payload.headers.x-team") == "********" && !shown.body.contains("sealed:"), "\(shown)")
            }
            let stored = try #require(try await api.pool.query("SELECT payload FROM jobs").first?.text(0))
            #expect(!stored.contains("s3cr3t") && !stored.contains("blue"), "sealed at rest: \(stored)")
            let decoded = try WebhookDeliverJob.decode(stored)
            #expect(decoded.url == "https://other.example/hook" && decoded.body == #"{"n": 1.50}"#, "the body to the byte")
            // What is given back as it was shown stays what it was.
            let before = decoded.headers["authorization"]
            let again = try await patch(api, job, payload(api, job, with: #""headers":{"authorization":"********"}"#))
            #expect(again.status == 200, "\(again)")
            let kept = try WebhookDeliverJob.decode(try #require(try await api.pool.query("SELECT payload FROM jobs").first?.text(0)))
            #expect(kept.headers == ["authorization": before] && kept.url == nil)
            #expect(try await api.booksDiffer() == [])
        }
    }

    @Test(arguments: [
        (#""url":"https://127.0.0.1/""#, "/payload/url"), (#""url":"ftp://example.com/""#, "/payload/url"), (#""url":"http://[::ffff:169.254.169.254]/""#, "/payload/url"),
        (#""headers":{"Host":"evil.example"}"#, "/payload/headers/Host"), (#""headers":{"webhook-signature":"v1,x"}"#, "/payload/headers/webhook-signature"),
        (#""headers":{"x":"a\r\nb: c"}"#, "/payload/headers/x"), (#""headers":{"x y":"a"}"#, "/payload/headers/x y"),
        (#""headers":{"x":"********"}"#, "/payload/headers/x"), (#""headers":{"x":"sealed:a:b"}"#, "/payload/headers/x"),
        (#""headers":{"x":"1","X":"2"}"#, "/payload/headers/X"),
    ])
    func `what no delivery may be given is refused`(members: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let job = try await dead(1, api).jobs[0]
            let refused = try await patch(api, job, payload(api, job, with: members))
            #expect(refused.isProblem(409, "payload_does_not_fit") && refused.body.contains(pointer), "\(refused)")
        }
    }
}
