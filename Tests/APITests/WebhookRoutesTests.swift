import TestSupport
import Testing

@Suite struct WebhookRoutesTests {
    private let body = #"{"eventType":"course.completed","webhookUrl":"https://example.com/hook","description":"d"}"#

    @Test func `a webhook is created, its secret shown then and never again`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", body)
            #expect(made.status == 201, "\(made)")
            #expect(made.text("status") == "active" && made.text("webhookUrl") == "https://example.com/hook" && made.text("description") == "d")
            #expect(made.value("eventTypes") as? [String] == ["course.completed"])
            let secret = try #require(made.text("secret"))
            #expect(secret.hasPrefix("whsec_"))
            let id = try #require(made.text("id"))
            let shown = try await api.client.get("/api/webhooks/\(id)")
            #expect(shown.text("id") == id && shown.value("secret") == nil)
            let list = try await api.client.get("/api/webhooks")
            #expect(list.texts("data", "id") == [id])
            for text in [shown.body, list.body, api.lines.text] { #expect(!text.contains(secret.dropFirst(6))) }
            #expect(try await api.number("SELECT count(*) FROM endpoints WHERE endpoints::text LIKE '%\(secret.dropFirst(6))%'") == 0)
            let other = try await api.client()
            #expect(try await other.get("/api/webhooks/\(id)").isProblem(404, "not_found"))
            #expect(try await other.get("/api/webhooks").count("data") == 0)
        }
    }

    @Test func `a deleted webhook is gone, for its own workspace only to delete`() async throws {
        try await TestAPI.run { api in
            let id = try #require(try await api.client.post("/api/webhooks", body).text("id"))
            let other = try await api.client()
            #expect(try await other.send("DELETE", "/api/webhooks/\(id)").isProblem(404, "not_found"))
            #expect(try await api.client.send("DELETE", "/api/webhooks/\(id)").status == 204)
            #expect(try await api.client.send("DELETE", "/api/webhooks/\(id)").isProblem(404, "not_found"))
            #expect(try await api.client.get("/api/webhooks").count("data") == 0)
        }
    }

    @Test func `an own secret is taken`() async throws {
        try await TestAPI.run { api in
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            let made = try await api.client.post(
                "/api/webhooks", #"{"eventTypes":["a.b","c.d","a.b"],"webhookUrl":"https://example.com/","secret":"\#(secret)"}"#)
            #expect(made.text("secret") == secret, "\(made)")
            #expect(made.value("eventTypes") as? [String] == ["a.b", "c.d"])
        }
    }

    @Test(arguments: [
        (#"{"webhookUrl":"https://example.com/"}"#, "/eventType"), (#"{"eventType":"nodots","webhookUrl":"https://example.com/"}"#, "/eventType"),
        (#"{"eventType":"A.b","webhookUrl":"https://example.com/"}"#, "/eventType"),
        (#"{"eventTypes":[],"webhookUrl":"https://example.com/"}"#, "/eventTypes"),
        (#"{"eventTypes":["a.b",5],"webhookUrl":"https://example.com/"}"#, "/eventTypes"), (#"{"eventType":"a.b"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","eventTypes":["a.b"],"webhookUrl":"https://example.com/"}"#, "/eventType"),
        (#"{"eventType":"a.b","webhookUrl":5}"#, "/webhookUrl"), (#"{"eventType":"a.b","webhookUrl":"ftp://example.com/"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","webhookUrl":"http://example.com/"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","webhookUrl":"https://127.0.0.1/"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","webhookUrl":"https://169.254.169.254/"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","webhookUrl":"https://[::1]/"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","webhookUrl":"https://localhost/"}"#, "/webhookUrl"), (#"{"eventType":"a.b","webhookUrl":"not a url"}"#, "/webhookUrl"),
        (#"{"eventType":"a.b","webhookUrl":"https://example.com/","secret":"short"}"#, "/secret"),
    ])
    func `what is wrong with a webhook is pointed at, without an address`(body: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/webhooks", body)
            #expect(answer.isProblem(422, "validation_failed"), "\(answer)")
            #expect(answer.texts("errors", "pointer").contains(pointer), "\(answer)")
            for address in ["127.0.0.1", "169.254", "::1"] { #expect(!answer.body.contains(address)) }
            #expect(try await api.number("SELECT count(*) FROM endpoints") == 0)
        }
    }

    @Test func `a repeated request with its key gets the same webhook and secret`() async throws {
        try await TestAPI.run { api in
            let headers = ["Idempotency-Key": "k1"]
            let first = try await api.client.post("/api/webhooks", body, headers: headers)
            let again = try await api.client.post("/api/webhooks", body, headers: headers)
            #expect(again.status == 201 && again.body == first.body, "\(again)")
            #expect(first.headers["idempotent-replayed"] == nil && again.headers["idempotent-replayed"] == "true")
            let other = try await api.client.post("/api/webhooks", body.replacing("course", with: "quiz"), headers: headers)
            #expect(other.isProblem(422, "idempotency_key_reused"), "\(other)")
            #expect(try await api.number("SELECT count(*) FROM endpoints") == 1)
        }
    }
}
