import Foundation
import Identity
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct KeyRoutesTests {
    private static let body = #"{"name":"export","scopes":["jobs:read","keys:write"],"allowedNetworks":["127.0.0.0/8","::1"],"expiresAt":"2099-01-01T00:00:00Z"}"#

    @Test func `a key is made, shown without its secret, changed, listed and revoked`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/keys", Self.body)
            let id = try #require(made.text("id"))
            let secret = try #require(made.text("key"))
            #expect(made.status == 201 && made.headers["location"] == "/api/keys/\(id)", "\(made)")
            #expect(secret.hasPrefix(try #require(made.text("prefix")) + "_"))
            let shown = try await api.client.get("/api/keys/\(id)")
            #expect(shown.status == 200 && shown.value("key") == nil && !shown.body.contains(secret.suffix(43)), "\(shown)")
            #expect(shown.value("allowedNetworks") as? [String] == ["127.0.0.0/8", "::1/128"])
            #expect(shown.text("expiresAt") == "2099-01-01T00:00:00.000Z" && shown.value("lastUsedAt") is NSNull)

            let key = api.client.with(key: secret)
            #expect(try await key.get("/api/jobs").status == 200)
            #expect(try await key.get("/api/logs").isProblem(403, "missing_scope"))

            let changed = try await api.client.send(
                "PATCH", "/api/keys/\(id)", body: Data(#"{"name":"other","scopes":["logs:read"],"allowedNetworks":[],"expiresAt":null}"#.utf8))
            #expect(changed.status == 200 && changed.text("name") == "other" && changed.value("expiresAt") is NSNull, "\(changed)")
            #expect(try await key.get("/api/jobs").isProblem(403, "missing_scope"), "at once, in the process that changed it")
            #expect(try await key.get("/api/logs").status == 200)

            #expect(try await api.client.get("/api/keys").texts("data", "id").contains(id))
            #expect(try await api.client.send("DELETE", "/api/keys/\(id)").status == 204)
            #expect(try await key.get("/api/logs").isProblem(401, "invalid_key"))
            #expect(try await api.client.get("/api/keys/\(id)").status == 404)
            #expect(try await api.client.send("DELETE", "/api/keys/\(id)").status == 404)
            #expect(try await !api.client.get("/api/keys").texts("data", "id").contains(id))
            let actions = try await api.client.get("/api/operator-actions").texts("data", "action")
            #expect(actions == ["keys.revoke", "keys.change", "keys.create"])
            #expect(!api.lines.text.contains(secret.suffix(43)))
        }
    }

    @Test func `lists go page by page, newest first`() async throws {
        try await TestAPI.run { api in
            for number in 0..<4 { #expect(try await api.client.post("/api/keys", #"{"name":"\#(number)","scopes":["jobs:read"]}"#).status == 201) }
            let first = try await api.client.get("/api/keys?limit=3")
            #expect(first.texts("data", "name") == ["3", "2", "1"])
            let second = try await api.client.get("/api/keys?limit=3&cursor=\(try #require(first.text("nextCursor")))")
            #expect(second.texts("data", "name") == ["0", "test"] && second.value("nextCursor") is NSNull)
        }
    }

    @Test(arguments: [
        (#"{}"#, ["/name", "/scopes"]), (#"{"name":"a","scopes":[]}"#, ["/scopes"]), (#"{"name":"a","scopes":["jobs:read","nonsense",1]}"#, ["/scopes/2", "/scopes/1"]),
        (#"{"name":"","scopes":["jobs:read"]}"#, ["/name"]), (#"{"name":"a","scopes":["jobs:read"],"other":1}"#, ["/other"]),
        (#"{"name":"a","scopes":["jobs:read"],"allowedNetworks":["10.1.2.3/8","10.0.0.0/33","x"]}"#, ["/allowedNetworks/1", "/allowedNetworks/2"]),
        (#"{"name":"a","scopes":["jobs:read"],"expiresAt":"tomorrow"}"#, ["/expiresAt"]),
    ])
    func `what is wrong with a key is said where it is`(body: String, pointers: [String]) async throws {
        try await TestAPI.run { api in
            let refused = try await api.client.post("/api/keys", body)
            #expect(refused.isProblem(422, "validation_failed"), "\(refused)")
            #expect(refused.texts("errors", "pointer").sorted() == pointers.sorted(), "\(refused)")
        }
    }

    @Test func `nobody gives what they do not have`() async throws {
        try await TestAPI.run { api in
            let weak = try await api.client(workspace: api.workspace, scopes: [.keysRead, .keysWrite, .jobsRead])
            let refused = try await weak.post("/api/keys", #"{"name":"a","scopes":["jobs:read","operator","fleet"]}"#)
            #expect(refused.isProblem(403, "beyond_your_own") && refused.text("errors.0.pointer") == "/scopes", "\(refused)")
            let strong = try #require(try await api.client.post("/api/keys", #"{"name":"strong","scopes":["operator"]}"#).text("id"))
            #expect(try await weak.post("/api/keys/\(strong)/rotate", "{}").isProblem(403, "beyond_your_own"))
            #expect(try await weak.send("PATCH", "/api/keys/\(strong)", body: Data(#"{"allowedNetworks":[]}"#.utf8)).isProblem(403, "beyond_your_own"))
            let own = try #require(try await weak.post("/api/keys", #"{"name":"own","scopes":["jobs:read"]}"#).text("id"))
            #expect(try await weak.send("PATCH", "/api/keys/\(own)", body: Data(#"{"scopes":["operator"]}"#.utf8)).isProblem(403, "beyond_your_own"))
            #expect(try await weak.send("DELETE", "/api/keys/\(strong)").status == 204, "a leaked key may be ended by whoever finds it")
        }
    }

    @Test func `who is held to networks makes keys for these only`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/keys", #"{"name":"held","scopes":["keys:write","jobs:read"],"allowedNetworks":["127.0.0.0/8","::1"]}"#)
            let held = api.client.with(key: made.text("key"))
            for networks in ["[]", #"["0.0.0.0/0"]"#, #"["127.0.0.1","10.0.0.0/8"]"#] {
                let refused = try await held.post("/api/keys", #"{"name":"a","scopes":["jobs:read"],"allowedNetworks":\#(networks)}"#)
                #expect(refused.isProblem(403, "beyond_your_own") && refused.text("errors.0.pointer") == "/allowedNetworks", "\(refused)")
            }
            #expect(try await held.post("/api/keys", #"{"name":"a","scopes":["jobs:read"],"allowedNetworks":["127.1.0.0/16"]}"#).status == 201)
        }
    }

    @Test func `who is held to networks does not leave them by another's secret or a client's`() async throws {
        try await TestAPI.run { api in
            let scopes = #""scopes":["jobs:read","keys:read","keys:write","clients:write"]"#
            let held = try await api.client.post("/api/keys", #"{"name":"held",\#(scopes),"allowedNetworks":["127.0.0.0/8"]}"#)
            let free = try await api.client.post("/api/keys", #"{"name":"free","scopes":["jobs:read"]}"#)
            let near = try await api.client.post("/api/keys", #"{"name":"near","scopes":["jobs:read"],"allowedNetworks":["127.0.0.1/32"]}"#)
            let key = api.client.with(key: held.text("key"))
            #expect(try await key.post("/api/keys/\(free.text("id") ?? "")/rotate", "{}").isProblem(403, "beyond_your_own"))
            #expect(try await key.post("/api/keys/\(near.text("id") ?? "")/rotate", "{}").status == 200)
            let client = try await key.post("/api/oauth/clients", #"{"name":"c","grantTypes":["client_credentials"],"scopes":["jobs:read"]}"#)
            #expect(client.isProblem(403, "beyond_your_own"), "\(client)")
        }
    }

    @Test func `a rotated key has two secrets for a while, and one when it is told to`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]}"#)
            let id = try #require(made.text("id"))
            let old = api.client.with(key: made.text("key"))
            #expect(try await old.get("/api/jobs").status == 200)
            let rotated = try await api.client.send("POST", "/api/keys/\(id)/rotate")
            #expect(rotated.status == 200 && rotated.text("id") == id, "\(rotated)")
            let end = try #require(rotated.text("overlapEndsAt").flatMap { RFC3339.parse($0) })
            #expect(abs(end - WallClock.now - 86_400_000_000) < 60_000_000)
            let new = api.client.with(key: rotated.text("key"))
            #expect(try await old.get("/api/jobs").status == 200)
            #expect(try await new.get("/api/jobs").status == 200)
            #expect(try await api.client.send("POST", "/api/keys/\(id)/end-overlap").value("overlapEndsAt") is NSNull)
            #expect(try await old.get("/api/jobs").isProblem(401, "invalid_key"))
            #expect(try await new.get("/api/jobs").status == 200)

            let again = try await api.client.post("/api/keys/\(id)/rotate", #"{"overlapSeconds":0}"#)
            #expect(again.status == 200 && again.value("overlapEndsAt") is NSNull, "\(again)")
            #expect(try await new.get("/api/jobs").isProblem(401, "invalid_key"))
            for body in [#"{"overlapSeconds":604801}"#, #"{"overlapSeconds":-1}"#, #"{"overlap":1}"#] {
                #expect(try await api.client.post("/api/keys/\(id)/rotate", body).isProblem(422, "validation_failed"))
            }
        }
    }

    @Test func `a repeated request is answered with the same key, which rests sealed`() async throws {
        try await TestAPI.run { api in
            let headers = ["Idempotency-Key": "once"]
            let first = try await api.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]}"#, headers: headers)
            let second = try await api.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]}"#, headers: headers)
            #expect(first.status == 201 && second.body == first.body && second.headers["idempotent-replayed"] == "true", "\(second)")
            let secret = try #require(first.text("key"))
            let kept = try await api.pool.query("SELECT string_agg(answer, ' ') FROM idempotency_keys").first?.text(0) ?? ""
            #expect(!kept.isEmpty && !kept.contains(secret.suffix(20)))
            #expect(try await api.client.post("/api/keys", #"{"name":"b","scopes":["jobs:read"]}"#, headers: headers).isProblem(422, "idempotency_key_reused"))
            let id = try #require(first.text("id"))
            let rotated = try await api.client.post("/api/keys/\(id)/rotate", "{}", headers: headers.merging(["Idempotency-Key": "twice"]) { $1 })
            let repeated = try await api.client.post("/api/keys/\(id)/rotate", "{}", headers: headers.merging(["Idempotency-Key": "twice"]) { $1 })
            #expect(repeated.text("key") == rotated.text("key") && rotated.status == 200)
        }
    }

    @Test func `another workspace's keys are not there`() async throws {
        try await TestAPI.run { api in
            let other = try await api.client()
            let id = try #require(try await api.client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]}"#).text("id"))
            #expect(try await other.get("/api/keys/\(id)").isProblem(404, "not_found"))
            #expect(try await other.send("PATCH", "/api/keys/\(id)", body: Data("{}".utf8)).isProblem(404, "not_found"))
            #expect(try await other.post("/api/keys/\(id)/rotate", "{}").isProblem(404, "not_found"))
            #expect(try await other.post("/api/keys/\(id)/end-overlap", "{}").isProblem(404, "not_found"))
            #expect(try await other.send("DELETE", "/api/keys/\(id)").isProblem(404, "not_found"))
            #expect(try await other.get("/api/keys").count("data") == 1)
        }
    }
}
