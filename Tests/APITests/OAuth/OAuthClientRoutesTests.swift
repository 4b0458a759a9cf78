import Foundation
import Identity
import Postgres
import Primitives
import Testing

@Suite struct OAuthClientRoutesTests {
    private static let path = "/api/oauth/clients"
    private static let machine = #"{"name":"m","grantTypes":["client_credentials"],"scopes":["jobs:read"]}"#

    @Test func `a client is made, shown, listed, changed and revoked; its secret is shown once`() async throws {
        try await TestAPI.run { api in
            let made = try await api.client.post(Self.path, Self.machine)
            let id = try #require(made.text("id"))
            #expect(made.status == 201 && made.text("clientId") == id && made.text("clientSecret")?.hasPrefix("vos_") == true)
            #expect(made.headers["location"] == "\(Self.path)/\(id)")
            let shown = try await api.client.get("\(Self.path)/\(id)")
            #expect(shown.text("name") == "m" && shown.value("clientSecret") == nil && shown.text("tokenEndpointAuthMethod") == "client_secret_basic")
            let changed = try await api.client.send("PATCH", "\(Self.path)/\(id)", body: Data(#"{"name":"n"}"#.utf8))
            #expect(changed.status == 200 && changed.text("name") == "n" && changed.value("scopes") as? [String] == ["jobs:read"])
            _ = try await api.client.post(Self.path, Self.machine)
            let first = try await api.client.get(Self.path + "?limit=1")
            let second = try await api.client.get(Self.path + "?limit=1&cursor=\(try #require(first.text("nextCursor")))")
            #expect(first.count("data") == 1 && second.texts("data", "id") == [id] && second.text("nextCursor") == nil)
            #expect(try await api.client.send("DELETE", "\(Self.path)/\(id)").status == 204)
            #expect(try await api.client.get("\(Self.path)/\(id)").isProblem(404, "not_found"))
        }
    }

    @Test func `a repeated request with its key is answered with the same secret, which does not rest in the clear`() async throws {
        try await TestAPI.run { api in
            let first = try await api.client.post(Self.path, Self.machine, headers: ["Idempotency-Key": "k"])
            let again = try await api.client.post(Self.path, Self.machine, headers: ["Idempotency-Key": "k"])
            let secret = try #require(first.text("clientSecret"))
            #expect(again.status == 201 && again.text("clientSecret") == secret && again.headers["idempotent-replayed"] == "true")
            let kept = try await api.pool.query("SELECT answer FROM idempotency_keys").map { try $0.text(0) }
            #expect(kept.count == 1 && !kept[0].contains(secret))
            let other = try await api.client.post(Self.path, Self.machine.replacing("\"m\"", with: "\"x\""), headers: ["Idempotency-Key": "k"])
            #expect(other.isProblem(422, "idempotency_key_reused"))
        }
    }

    @Test func `nobody makes or takes over a client that may more than they may`() async throws {
        try await TestAPI.run { api in
            let strong = try #require(try await api.client.post(Self.path, Self.machine.replacing("jobs:read", with: "operator")).text("id"))
            let weak = try await api.client(workspace: api.workspace, scopes: [.clientsWrite, .clientsRead, .jobsRead])
            #expect(try await weak.post(Self.path, Self.machine).status == 201)
            #expect(try await weak.post(Self.path, Self.machine.replacing("jobs:read", with: "jobs:write")).isProblem(403, "scope_beyond_own"))
            for (method, path, body) in [
                ("PATCH", "\(Self.path)/\(strong)", #"{"name":"mine"}"#), ("PATCH", "\(Self.path)/\(strong)", #"{"scopes":["jobs:read"]}"#),
                ("POST", "\(Self.path)/\(strong)/rotate-secret", "{}"),
            ] {
                #expect(try await weak.send(method, path, body: Data(body.utf8)).isProblem(403, "scope_beyond_own"))
            }
            let reader = try await api.client(workspace: api.workspace, scopes: [.clientsRead])
            #expect(try await reader.post(Self.path, Self.machine).isProblem(403, "missing_scope"))
        }
    }

    @Test func `another workspace's client is nowhere`() async throws {
        try await TestAPI.run { api in
            let id = try #require(try await api.client.post(Self.path, Self.machine).text("id"))
            let stranger = try await api.client()
            #expect(try await stranger.get(Self.path).count("data") == 0)
            for (method, path, body) in [
                ("GET", "", nil), ("PATCH", "", #"{"name":"x"}"#), ("DELETE", "", nil), ("POST", "/rotate-secret", "{}"),
            ] as [(String, String, String?)] {
                let answer = try await stranger.send(method, "\(Self.path)/\(id)\(path)", body: body.map { Data($0.utf8) })
                #expect(answer.isProblem(404, "not_found"), "\(method)")
            }
        }
    }

    @Test(arguments: [
        (#"{}"#, ["/grantTypes", "/name", "/scopes"]),
        (#"{"name":"x","grantTypes":["password"],"scopes":["jobs:read"]}"#, ["/grantTypes"]),
        (#"{"name":"x","grantTypes":[],"scopes":["jobs:read"]}"#, ["/grantTypes"]),
        (#"{"name":"x","grantTypes":["client_credentials"],"scopes":["everything"]}"#, ["/scopes"]),
        (#"{"name":"x","grantTypes":["client_credentials"],"scopes":["jobs:read"],"extra":1}"#, ["/extra"]),
        (#"{"name":"x","grantTypes":["authorization_code"],"scopes":["jobs:read"]}"#, ["/redirectUris"]),
        (#"{"name":"x","grantTypes":["refresh_token"],"scopes":["jobs:read"]}"#, ["/grantTypes"]),
        (#"{"name":"x","grantTypes":["client_credentials"],"scopes":["jobs:read"],"tokenEndpointAuthMethod":"none"}"#, ["/tokenEndpointAuthMethod"]),
        (#"{"name":"x","grantTypes":["client_credentials"],"scopes":["jobs:read"],"tokenEndpointAuthMethod":"x"}"#, ["/tokenEndpointAuthMethod"]),
        (#"{"name":"x","grantTypes":["authorization_code"],"scopes":["jobs:read"],"redirectUris":["http://x.example"]}"#, ["/redirectUris"]),
        (#"{"name":"x","grantTypes":["authorization_code"],"scopes":["jobs:read"],"redirectUris":["javascript:alert(1)"]}"#, ["/redirectUris"]),
        (#"{"name":"x","grantTypes":["authorization_code"],"scopes":["jobs:read"],"redirectUris":["https://x.example/#f"]}"#, ["/redirectUris"]),
    ])
    func `a client that does not fit is refused with what is wrong`(body: String, pointers: [String]) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post(Self.path, body)
            #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer").sorted() == pointers, "\(answer)")
        }
    }

    @Test func `a change that does not go together with the rest changes nothing`() async throws {
        try await TestAPI.run { api in
            let id = try #require(try await api.client.post(Self.path, Self.machine).text("id"))
            let answer = try await api.client.send("PATCH", "\(Self.path)/\(id)", body: Data(#"{"name":"n","grantTypes":["authorization_code"]}"#.utf8))
            #expect(answer.isProblem(422, "validation_failed") && answer.texts("errors", "pointer") == ["/redirectUris"])
            #expect(try await api.client.get("\(Self.path)/\(id)").text("name") == "m")
        }
    }

    @Test func `scopes that a client loses, its tokens lose`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let token = try #require(try await stage.token(["grant_type": "client_credentials"], client).text("access_token"))
            #expect(try await stage.opens(token))
            _ = try await api.client.send("PATCH", "\(Self.path)/\(client.id)", body: Data(#"{"scopes":["jobs:write"]}"#.utf8))
            #expect(try await stage.opens(token) == false)
        }
    }
}
