import Foundation
import Identity
import Primitives
import Testing

/// Whoever ends gives nothing that goes on after them (decision 58).
@Suite struct KeyEndTests {
    private static let scopes = #"["jobs:read","keys:read","keys:write","clients:read","clients:write"]"#
    private static let end = "2090-01-01T00:00:00Z"

    private func endingKey(_ api: TestAPI) async throws -> (client: Client, id: String) {
        let made = try await api.client.post("/api/keys", #"{"name":"ending","scopes":\#(Self.scopes),"expiresAt":"\#(Self.end)"}"#)
        let (secret, id) = (try #require(made.text("key"), "\(made)"), try #require(made.text("id")))
        return (api.client.with(key: secret), id)
    }

    private func patch(_ client: Client, _ id: String, _ body: String) async throws -> Answer { try await client.send("PATCH", "/api/keys/\(id)", body: Data(body.utf8)) }

    @Test func `a key that ends does not put off its own end, and may bring it forward`() async throws {
        try await TestAPI.run { api in
            let (client, id) = try await endingKey(api)
            for later in ["null", "\"2091-01-01T00:00:00Z\""] {
                let refused = try await patch(client, id, #"{"expiresAt":\#(later)}"#)
                #expect(refused.isProblem(403, "beyond_your_own") && refused.text("errors.0.pointer") == "/expiresAt", "\(refused)")
            }
            #expect(try await patch(client, id, #"{"name":"other"}"#).status == 200, "what says nothing of the end changes nothing of it")
            #expect(try await patch(client, id, #"{"expiresAt":"2089-01-01T00:00:00Z"}"#).status == 200)
            #expect(try await patch(client, id, #"{"expiresAt":"\#(Self.end)"}"#).isProblem(403, "beyond_your_own"), "its end is what it is now")
            #expect(try await patch(api.client, id, #"{"expiresAt":null}"#).status == 200, "who never ends may")
        }
    }

    @Test func `nor does it make, put off or take over a key that goes on after it`() async throws {
        try await TestAPI.run { api in
            let (client, _) = try await endingKey(api)
            for later in ["", #","expiresAt":null"#, #","expiresAt":"2091-01-01T00:00:00Z""#] {
                let refused = try await client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"]\#(later)}"#)
                #expect(refused.isProblem(403, "beyond_your_own") && refused.text("errors.0.pointer") == "/expiresAt", "\(refused)")
            }
            let made = try await client.post("/api/keys", #"{"name":"a","scopes":["jobs:read"],"expiresAt":"\#(Self.end)"}"#)
            #expect(made.status == 201, "\(made)")
            #expect(try await patch(client, made.text("id") ?? "", #"{"expiresAt":null}"#).isProblem(403, "beyond_your_own"))
            let endless = try #require(try await api.client.post("/api/keys", #"{"name":"endless","scopes":["jobs:read"]}"#).text("id"))
            #expect(try await client.post("/api/keys/\(endless)/rotate", "{}").isProblem(403, "beyond_your_own"), "it would have its secret")
            #expect(try await client.post("/api/keys/\(made.text("id") ?? "")/rotate", "{}").status == 200)
            #expect(try await patch(client, endless, #"{"name":"renamed"}"#).status == 200, "a name gives nobody anything")
            #expect(try await client.send("DELETE", "/api/keys/\(endless)").status == 204)
        }
    }

    @Test func `nor does it make or take over an OAuth client, which has no end`() async throws {
        try await TestAPI.run { api in
            let (client, _) = try await endingKey(api)
            let body = #"{"name":"a","grantTypes":["client_credentials"],"scopes":["jobs:read"]}"#
            #expect(try await client.post("/api/oauth/clients", body).isProblem(403, "beyond_your_own"))
            let id = try #require(try await api.client.post("/api/oauth/clients", body).text("id"))
            #expect(try await client.post("/api/oauth/clients/\(id)/rotate-secret", "{}").isProblem(403, "beyond_your_own"))
            #expect(try await client.send("PATCH", "/api/oauth/clients/\(id)", body: Data(#"{"name":"b"}"#.utf8)).isProblem(403, "beyond_your_own"))
            #expect(try await client.get("/api/oauth/clients/\(id)").status == 200)
            #expect(try await client.send("DELETE", "/api/oauth/clients/\(id)").status == 204)
        }
    }
}
