import Foundation
import Identity
import Primitives
import Testing

/// `private_key_jwt` over HTTP (RFC 7523).
@Suite struct PrivateKeyClientTests {
    private static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    private func token(_ api: TestAPI, _ assertion: String, _ more: [String: String] = [:], headers: [String: String] = [:]) async throws -> Answer {
        let fields = ["grant_type": "client_credentials", "client_assertion_type": Self.type, "client_assertion": assertion].merging(more) { $1 }
        return try await api.stage.post("/api/oauth/token", OAuthStage.encoded(fields), headers: headers)
    }

    @Test func `a client proves by its key who it is, once with each assertion`() async throws {
        try await TestAPI.run { api in
            let key = ProofMaker()
            let client = try await api.stage.makeClient(signingWith: key)
            let issuer = api.oauth.issuer
            for audience in [issuer.url, issuer.url(of: "/api/oauth/token")] {
                let assertion = try key.assertion(client: client.clientID, audience: audience)
                let answer = try await token(api, assertion)
                #expect(answer.status == 200, "\(answer)")
                #expect(try await api.stage.opens(answer.text("access_token") ?? ""))
                #expect(try await token(api, assertion).isOAuthError("invalid_client", status: 401), "it was used")
            }
            let shown = try await api.client.get("/api/oauth/clients/\(client.clientID)")
            #expect(shown.text("tokenEndpointAuthMethod") == "private_key_jwt" && shown.text("jwks.keys.0.kty") == "EC")
            #expect(try await api.client.post("/api/oauth/clients/\(client.clientID)/rotate-secret", "{}").isProblem(409, "public_client"))
            #expect(!api.lines.text.contains("eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9"))
        }
    }

    @Test func `the other endpoints take it too, by their own name`() async throws {
        try await TestAPI.run { api in
            let key = ProofMaker()
            let client = try await api.stage.makeClient(signingWith: key, grants: ["authorization_code", "client_credentials", "refresh_token"])
            for (path, more) in [
                ("/api/oauth/introspect", ["token": "x"]), ("/api/oauth/revoke", ["token": "x"]),
                (
                    "/api/oauth/par",
                    ["response_type": "code", "redirect_uri": OAuthStage.redirectURI, "code_challenge": OAuthStage.challenge, "code_challenge_method": "S256"]
                ),
            ] {
                let assertion = try key.assertion(client: client.clientID, audience: api.oauth.issuer.url(of: path))
                let fields = ["client_assertion_type": Self.type, "client_assertion": assertion].merging(more) { $1 }
                let answer = try await api.stage.post(path, OAuthStage.encoded(fields))
                #expect((200...201).contains(answer.status), "\(path): \(answer)")
                #expect(try await api.stage.post(path, OAuthStage.encoded(fields)).isOAuthError("invalid_client", status: 401))
            }
            #expect(try await api.number("SELECT count(*) FROM pushed_requests WHERE parameters LIKE '%assertion%'") == 0)
        }
    }

    @Test func `another's key, another server's assertion, a stranger's name and two ways at once are refused`() async throws {
        try await TestAPI.run { api in
            let (key, other) = (ProofMaker(), ProofMaker())
            let client = try await api.stage.makeClient(signingWith: key)
            let us = api.oauth.issuer.url
            for assertion in [
                try other.assertion(client: client.clientID, audience: us), try key.assertion(client: client.clientID, audience: "https://other.example"),
                try key.assertion(client: client.clientID, audience: us, lifetime: 7200), try key.assertion(client: client.clientID, audience: us, lifetime: -120),
                try key.assertion(client: "nobody", audience: us), "x", "a.b.c",
            ] {
                #expect(try await token(api, assertion).isOAuthError("invalid_client", status: 401), "\(assertion)")
            }
            func good() throws -> String { try key.assertion(client: client.clientID, audience: us) }
            #expect(try await token(api, good(), ["client_id": client.clientID]).status == 200)
            #expect(try await token(api, good(), ["client_id": "other"]).isOAuthError("invalid_client", status: 401))
            #expect(try await token(api, good(), ["client_assertion_type": "x"]).isOAuthError("invalid_client", status: 401))
            #expect(try await token(api, good(), ["client_secret": "vos_x"]).isOAuthError("invalid_client", status: 401))
            #expect(try await token(api, good(), headers: ["Authorization": OAuthStage.basic(client.clientID, "x")]).isOAuthError("invalid_request"))
            #expect(try await api.stage.token(["grant_type": "client_credentials"], client).isOAuthError("invalid_client", status: 401), "naming itself is no proof")
            let secret = OAuthStage.Client(id: client.id, clientID: client.clientID, secret: "vos_guess")
            #expect(try await api.stage.token(["grant_type": "client_credentials"], secret).isOAuthError("invalid_client", status: 401))
            let keyed = try await api.stage.makeClient(grants: ["client_credentials"])
            #expect(try await token(api, key.assertion(client: keyed.clientID, audience: us)).isOAuthError("invalid_client", status: 401))
        }
    }

    @Test func `keys are changed, and the old one is nobody's any more`() async throws {
        try await TestAPI.run { api in
            let (key, next) = (ProofMaker(), ProofMaker())
            let client = try await api.stage.makeClient(signingWith: key)
            let changed = try await api.client.send("PATCH", "/api/oauth/clients/\(client.clientID)", body: Data(#"{"jwks":{"keys":[\#(next.jwk)]}}"#.utf8))
            #expect(changed.status == 200, "\(changed)")
            #expect(try await token(api, key.assertion(client: client.clientID, audience: api.oauth.issuer.url)).status == 401)
            #expect(try await token(api, next.assertion(client: client.clientID, audience: api.oauth.issuer.url)).status == 200)
            let secret = try await api.stage.makeClient(grants: ["client_credentials"])
            let refused = try await api.client.send("PATCH", "/api/oauth/clients/\(secret.clientID)", body: Data(#"{"jwks":{"keys":[\#(next.jwk)]}}"#.utf8))
            #expect(refused.isProblem(422, "validation_failed") && refused.text("errors.0.pointer") == "/jwks", "\(refused)")
        }
    }

    @Test(arguments: [
        (#""tokenEndpointAuthMethod":"private_key_jwt""#, "/jwks"), (#""tokenEndpointAuthMethod":"private_key_jwt","jwks":{"keys":[]}"#, "/jwks"),
        (#""tokenEndpointAuthMethod":"private_key_jwt","jwks":{"keys":[{"kty":"oct","k":"AAAA"}]}"#, "/jwks"), (#""jwks":5"#, "/jwks"),
    ])
    func `keys that are none are refused where they are`(members: String, pointer: String) async throws {
        try await TestAPI.run { api in
            let answer = try await api.client.post("/api/oauth/clients", #"{"name":"a","grantTypes":["client_credentials"],"scopes":["jobs:read"],\#(members)}"#)
            #expect(answer.isProblem(422, "validation_failed") && answer.text("errors.0.pointer") == pointer, "\(answer)")
        }
    }

    @Test func `the metadata says so`() async throws {
        try await TestAPI.run { api in
            let metadata = try await api.client.with(key: nil).get("/.well-known/oauth-authorization-server")
            for endpoint in ["token", "revocation", "introspection"] {
                let methods = metadata.value("\(endpoint)_endpoint_auth_methods_supported") as? [String]
                #expect(methods?.contains("private_key_jwt") == true)
                let algorithms = metadata.value("\(endpoint)_endpoint_auth_signing_alg_values_supported") as? [String]
                #expect(algorithms?.contains("ES256") == true && algorithms?.contains("none") == false)
            }
        }
    }
}
