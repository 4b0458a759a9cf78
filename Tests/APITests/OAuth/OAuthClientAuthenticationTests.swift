import Foundation
import Postgres
import Primitives
import Testing

@Suite struct OAuthClientAuthenticationTests {
    private static let path = "/api/oauth/token"
    private static let grant = "grant_type=client_credentials"

    @Test func `a secret is taken in the header and in the form`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let secret = try #require(client.secret)
            let basic = OAuthStage.basic(client.clientID, secret)
            for header in [basic, basic.replacing("Basic", with: "basic"), basic.replacing("Basic ", with: "BASIC  ")] {
                #expect(try await stage.post(Self.path, Self.grant, headers: ["Authorization": header]).status == 200)
            }
            #expect(try await stage.post(Self.path, "\(Self.grant)&client_id=\(client.clientID)&client_secret=\(secret)").status == 200)
            // The same name twice is no contradiction.
            #expect(try await stage.post(Self.path, "\(Self.grant)&client_id=\(client.clientID)", headers: ["Authorization": basic]).status == 200)
        }
    }

    @Test func `both parts of Basic are form-encoded`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let secret = try #require(client.secret)
            let encoded = client.clientID.replacing("_", with: "%5F")
            #expect(try await stage.post(Self.path, Self.grant, headers: ["Authorization": OAuthStage.basic(encoded, secret.replacing("v", with: "%76"))]).status == 200)
            for (user, password) in [("%zz", secret), (client.clientID, secret + "%"), (client.clientID, secret + "&x=1"), (client.clientID, "%ff")] {
                let answer = try await stage.post(Self.path, Self.grant, headers: ["Authorization": OAuthStage.basic(user, password)])
                #expect(answer.isOAuthError("invalid_client", status: 401), "\(user)")
            }
        }
    }

    @Test func `what proves nothing is refused with the way that there is`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let id = client.clientID
            let wrong = "vos_" + String(repeating: "a", count: 43)
            let headers = [
                OAuthStage.basic(id, wrong), OAuthStage.basic("client_unknown", wrong), OAuthStage.basic(id, ""), OAuthStage.basic("", ""),
                "Basic " + Data(id.utf8).base64EncodedString(), "Basic !!!", "Basic", "Bearer \(wrong)", "x",
            ]
            for header in headers {
                let answer = try await stage.post(Self.path, Self.grant, headers: ["Authorization": header])
                #expect(answer.isOAuthError("invalid_client", status: 401), "\(header): \(answer)")
                #expect(answer.headers["www-authenticate"]?.hasPrefix("Basic realm=") == true)
            }
            for body in ["", "&client_id=\(id)", "&client_id=\(id)&client_secret=", "&client_id=\(id)&client_secret=\(wrong)", "&client_secret=\(wrong)"] {
                #expect(try await stage.post(Self.path, Self.grant + body).isOAuthError("invalid_client", status: 401), "\(body)")
            }
        }
    }

    @Test func `a client that proves itself twice, or names two, is refused`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, other) = (try await stage.makeClient(grants: ["client_credentials"]), try await stage.makeClient(grants: ["client_credentials"]))
            let secret = try #require(client.secret)
            let basic = ["Authorization": OAuthStage.basic(client.clientID, secret)]
            for body in ["&client_secret=\(secret)", "&client_id=\(client.clientID)&client_secret=\(secret)", "&client_id=\(other.clientID)"] {
                #expect(try await stage.post(Self.path, Self.grant + body, headers: basic).isOAuthError("invalid_request"), "\(body)")
            }
        }
    }

    @Test func `a client without a secret must not bring one`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            var client = try await stage.makeClient(method: "none")
            #expect(client.secret == nil)
            let code = try await stage.makeCode(client)
            client.secret = "vos_" + String(repeating: "a", count: 43)
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_client", status: 401))
            client.secret = nil
            #expect(try await stage.redeem(code, client).status == 200)
        }
    }

    @Test func `two secrets are good for a while after a rotation, and one when it was asked for`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let old = try await stage.makeClient(grants: ["client_credentials"])
            let path = "/api/oauth/clients/\(old.id)/rotate-secret"
            let rotated = try await api.client.post(path, "{}")
            var new = old
            new.secret = rotated.text("clientSecret")
            #expect(rotated.text("previousSecretUntil") != nil)
            for client in [old, new] { #expect(try await stage.token(["grant_type": "client_credentials"], client).status == 200) }
            _ = try await api.pool.query("UPDATE oauth_clients SET old_secret_until = now() - interval '1 second'")
            #expect(try await stage.token(["grant_type": "client_credentials"], old).isOAuthError("invalid_client", status: 401))
            var newest = old
            newest.secret = try await api.client.post(path, #"{"overlapSeconds":0}"#).text("clientSecret")
            #expect(try await stage.token(["grant_type": "client_credentials"], new).isOAuthError("invalid_client", status: 401))
            #expect(try await stage.token(["grant_type": "client_credentials"], newest).status == 200)
        }
    }

    @Test func `a client that is revoked is nobody, and its tokens are nothing`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            #expect(try await api.client.send("DELETE", "/api/oauth/clients/\(client.id)").status == 204)
            #expect(try await stage.opens(tokens.access) == false)
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_client", status: 401))
            #expect(try await api.client.get("/api/oauth/clients/\(client.id)").status == 404)
            #expect(try await api.client.send("DELETE", "/api/oauth/clients/\(client.id)").status == 404)
        }
    }
}
