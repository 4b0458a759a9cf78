import API
import HTTPDelivery
import Jobs
import Primitives
import TestSupport
import Testing

@Suite struct WebhookSecretTests {
    private static let body = #"{"eventType":"a.b","webhookUrl":"https://example.com/"}"#
    private static let message = Array("{}".utf8)

    /// The signature that a worker would send now.
    private func header(_ api: TestAPI, _ id: String) async throws -> String {
        let directory = EndpointDirectory(pool: api.pool, sealer: api.services.sealer, targets: AddressPolicy())
        let entry = try await directory.endpoint(try #require(EndpointID(id)), workspace: api.workspace)
        return try #require(entry).signer.signature(id: "msg_1", timestamp: "1614265330", body: Self.message)
    }

    private func verifies(_ header: String, _ secret: String?) throws -> Bool {
        StandardWebhooks.verify(
            header: header, id: "msg_1", timestamp: 1_614_265_330, body: Self.message, secret: try #require(secret.flatMap { WebhookSecret($0) }))
    }

    @Test func `every live secret verifies a delivery after a rotation, and none that has ended`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", Self.body)
            let id = try #require(made.text("id"))
            var secrets = [made.text("secret")]
            for own in [nil, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
                let body = own.map { #"{"secret":"\#($0)","overlapSeconds":600}"# } ?? "{}"
                let rotated = try await api.client.post("/api/webhooks/\(id)/rotate-secret", body)
                #expect(rotated.status == 200 && rotated.text("id") == id, "\(rotated)")
                if let own { #expect(rotated.text("secret") == own) }
                secrets.append(rotated.text("secret"))
            }
            #expect(Set(secrets.map { $0 ?? "" }).count == 3)
            let header = try await header(api, id)
            #expect(header.split(separator: " ").count == 3)
            for secret in secrets { #expect(try verifies(header, secret)) }
            // The first one was to end in a day, and by the second rotation in ten minutes.
            let late = "SELECT count(*) FROM endpoint_secrets WHERE expires_at > now() + interval '601 seconds'"
            #expect(try await api.number(late) == 0)

            let last = try await api.client.post("/api/webhooks/\(id)/rotate-secret", #"{"overlapSeconds":0}"#)
            let now = try await self.header(api, id)
            #expect(try verifies(now, last.text("secret")) && now.split(separator: " ").count == 1)
            for secret in secrets { #expect(try !verifies(now, secret)) }
            for answer in [try await api.client.get("/api/webhooks/\(id)"), try await api.client.get("/api/webhooks")] {
                #expect(!answer.body.contains("whsec_"))
            }
            #expect(!api.lines.text.contains(try #require(last.text("secret"))))
        }
    }

    @Test func `a repeated rotation with its key is one rotation, and its answer is kept sealed`() async throws {
        try await TestAPI.run { api in
            let id = try #require(try await api.client.post("/api/webhooks", Self.body).text("id"))
            let headers = ["Idempotency-Key": "r1"]
            let first = try await api.client.post("/api/webhooks/\(id)/rotate-secret", "{}", headers: headers)
            let again = try await api.client.post("/api/webhooks/\(id)/rotate-secret", "{}", headers: headers)
            #expect(again.status == 200 && again.body == first.body && again.headers["idempotent-replayed"] == "true")
            #expect(try await api.number("SELECT count(*) FROM endpoint_secrets") == 2)
            let secret = try #require(first.text("secret"))
            #expect(try await api.number("SELECT count(*) FROM idempotency_keys k WHERE k::text LIKE '%\(secret.dropFirst(6))%'") == 0)
        }
    }

    @Test func `ten secrets are live at most, and one is not given twice`() async throws {
        try await TestAPI.run { api in
            let id = try #require(try await api.client.post("/api/webhooks", Self.body).text("id"))
            let path = "/api/webhooks/\(id)/rotate-secret"
            let own = #"{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#
            #expect(try await api.client.post(path, own).status == 200)
            #expect(try await api.client.post(path, own).isProblem(409, "secret_in_use"))
            for _ in 0..<8 { #expect(try await api.client.post(path, "{}").status == 200) }
            #expect(try await api.client.post(path, "{}").isProblem(409, "too_many_secrets"))
            #expect(try await api.client.post(path, #"{"overlapSeconds":0}"#).status == 200)
            for (body, pointer) in [
                (#"{"overlapSeconds":604801}"#, "/overlapSeconds"), (#"{"overlapSeconds":-1}"#, "/overlapSeconds"), (#"{"secret":"x"}"#, "/secret"), (#"{"x":1}"#, "/x"),
            ] {
                #expect(try await api.client.post(path, body).texts("errors", "pointer") == [pointer])
            }
        }
    }

    @Test func `a pair of keys is made here, its public half open to receivers and the private one shown to nobody`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/webhooks", #"{"eventType":"a.b","webhookUrl":"https://example.com/","signature":"v1a"}"#)
            #expect(made.status == 201 && made.value("secret") == nil && made.text("signature") == "v1a", "\(made)")
            let (id, key) = (try #require(made.text("id")), try #require(made.text("publicKey")))
            let rotated = try await api.client.post("/api/webhooks/\(id)/rotate-secret", "{}")
            let keys = try await api.client.with(key: nil).get("/api/webhooks/\(id)/keys")
            #expect(keys.status == 200 && keys.texts("keys", "publicKey") == [rotated.text("publicKey"), key], "\(keys)")
            #expect(keys.texts("keys", "crv") == ["Ed25519", "Ed25519"] && Set(keys.texts("keys", "kid")).count == 2)
            #expect(keys.headers["cache-control"]?.contains("max-age") == true)
            let header = try await header(api, id)
            for text in keys.texts("keys", "publicKey") {
                #expect(StandardWebhooks.verify(header: header, id: "msg_1", timestamp: 1_614_265_330, body: Self.message, publicKey: text))
            }
            for answer in [made, rotated, keys] { #expect(!answer.body.contains("whsk_") && !answer.body.contains("whsec_")) }
            #expect(try await api.client.post("/api/webhooks/\(id)/rotate-secret", #"{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"#)
                .isProblem(409, "secret_of_another_scheme"))
            let symmetric = try #require(try await api.client.post("/api/webhooks", Self.body).text("id"))
            let nothing = try await api.client.with(key: nil).get("/api/webhooks/\(symmetric)/keys")
            #expect(nothing.isProblem(404, "not_found"), "a shared secret has no public half")
        }
    }
}
