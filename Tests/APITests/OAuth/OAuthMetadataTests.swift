import Foundation
import Identity
import Primitives
import Testing

@Suite struct OAuthMetadataTests {
    @Test func `the server describes itself under the address that it is reached at`() async throws {
        try await TestAPI.run { api in
            let base = "http://127.0.0.1:\(api.client.port)"
            let open = api.client.with(key: nil)
            let answer = try await open.get("/.well-known/oauth-authorization-server")
            #expect(answer.status == 200 && answer.headers["cache-control"] == "public, max-age=300")
            #expect(answer.text("issuer") == base && answer.text("token_endpoint") == base + "/api/oauth/token")
            #expect(answer.text("authorization_endpoint") == base + "/api/oauth/authorize" && answer.text("jwks_uri") == base + "/.well-known/jwks.json")
            #expect(answer.value("response_types_supported") as? [String] == ["code"])
            #expect(answer.value("code_challenge_methods_supported") as? [String] == ["S256"])
            #expect(answer.bool("authorization_response_iss_parameter_supported") == true)
            #expect(answer.value("registration_endpoint") == nil)
            let resource = try await open.get("/.well-known/oauth-protected-resource")
            #expect(resource.text("resource") == base && resource.value("authorization_servers") as? [String] == [base])
        }
    }

    @Test func `the key set shows public halves, may be kept, and has the key of every token`() async throws {
        try await TestAPI.run { api in
            let client = try await api.stage.makeClient(grants: ["client_credentials"])
            let token = try #require(try await api.stage.token(["grant_type": "client_credentials"], client).text("access_token"))
            let answer = try await api.client.with(key: nil).get("/.well-known/jwks.json")
            #expect(answer.headers["cache-control"] == "public, max-age=300" && answer.count("keys") == 1)
            let header = try #require(Base64URL.decode(token.prefix { $0 != "." }))
            let json = try RawJSON(header)
            #expect(json["kid"]?.string == answer.text("keys.0.kid") && json["alg"]?.string == "ES256" && json["typ"]?.string == "at+jwt")
            #expect((answer.value("keys.0") as? [String: Any])?.keys.sorted() == ["alg", "crv", "kid", "kty", "use", "x", "y"])
        }
    }

    @Test func `a refusal names where tokens come from`() async throws {
        try await TestAPI.run { api in
            let path = "resource_metadata=\"http://127.0.0.1:\(api.client.port)/.well-known/oauth-protected-resource\""
            for client in [api.client.with(key: nil), api.client.with(key: "nonsense"), api.client.with(key: "a.b.c")] {
                let answer = try await client.get("/api/jobs")
                #expect(answer.status == 401 && answer.headers["www-authenticate"]?.hasSuffix(path) == true, "\(answer)")
            }
        }
    }

    @Test func `an issuer with a path has its descriptions below the well-known part`() {
        let issuer = Issuer("https://api.example/voicera")
        #expect(issuer.wellKnown("oauth-protected-resource") == "https://api.example/.well-known/oauth-protected-resource/voicera")
        #expect(issuer.url(of: "/api/oauth/token") == "https://api.example/voicera/api/oauth/token")
        #expect(Issuer("https://api.example").wellKnown("x") == "https://api.example/.well-known/x")
        let late = Issuer(nil)
        late.listens(host: "::1", port: 80)
        late.listens(host: "other", port: 81)
        #expect(late.url == "http://[::1]:80" && late.path == "")
        for bad in ["", "api.example", "ftp://x", "https://", "https://x/", "https://x?y", "https://x#y", "https://u@x", "https://x y"] {
            #expect(Issuer.check(bad) == nil, "\(bad)")
        }
    }
}
