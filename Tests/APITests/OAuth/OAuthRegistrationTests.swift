import Foundation
import Identity
import Primitives
import Testing

@Suite struct OAuthRegistrationTests {
    private static let path = "/api/oauth/register"
    private static let token = "an initial access token"

    private static func run(_ body: (TestAPI, Client) async throws -> Void) async throws {
        var settings = OAuthSettings()
        settings.registrationToken = Redacted(token)
        try await TestAPI.run(settings: settings) { api in try await body(api, api.client.with(key: token)) }
    }

    @Test func `a program registers itself, looks at its registration and ends it`() async throws {
        try await Self.run { api, client in
            let answer = try await client.post(
                Self.path, #"{"client_name":"Reader","redirect_uris":["https://r.example/cb"],"grant_types":["authorization_code","refresh_token"],"logo_uri":"https://r.example/logo"}"#)
            #expect(answer.status == 201 && answer.headers["cache-control"] == "no-store")
            let id = try #require(answer.text("client_id"))
            #expect(answer.text("client_secret") != nil && answer.int("client_secret_expires_at") == 0 && answer.int("client_id_issued_at") ?? 0 > 0)
            #expect(answer.text("client_name") == "Reader" && answer.value("redirect_uris") as? [String] == ["https://r.example/cb"])
            #expect(answer.value("response_types") as? [String] == ["code"] && answer.text("token_endpoint_auth_method") == "client_secret_basic")
            let scopes = try #require(answer.text("scope")).split(separator: " ")
            #expect(!scopes.contains("operator") && !scopes.contains("keys:write") && !scopes.contains("clients:write") && scopes.contains("courses:read"))
            #expect(answer.text("registration_client_uri") == api.oauth.issuer.url + "\(Self.path)/\(id)")
            let own = api.client.with(key: answer.text("registration_access_token"))
            let shown = try await own.get("\(Self.path)/\(id)")
            #expect(shown.text("client_name") == "Reader" && shown.text("registration_access_token") == answer.text("registration_access_token"))
            for stranger in [client, api.client, api.client.with(key: nil)] {
                #expect(try await stranger.get("\(Self.path)/\(id)").isOAuthError("invalid_token", status: 401))
                #expect(try await stranger.send("DELETE", "\(Self.path)/\(id)").isOAuthError("invalid_token", status: 401))
            }
            #expect(try await own.send("DELETE", "\(Self.path)/\(id)").status == 204)
            #expect(try await own.get("\(Self.path)/\(id)").isOAuthError("invalid_token", status: 401))
        }
    }

    @Test func `a program without a secret gets none`() async throws {
        try await Self.run { _, client in
            let answer = try await client.post(Self.path, #"{"redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none","scope":"courses:read"}"#)
            #expect(answer.status == 201 && answer.value("client_secret") == nil && answer.value("client_secret_expires_at") == nil)
            #expect(answer.text("scope") == "courses:read")
        }
    }

    @Test(arguments: [
        (#"{}"#, "invalid_redirect_uri"), (#"{"redirect_uris":[]}"#, "invalid_redirect_uri"), (#"{"redirect_uris":"x"}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":[1]}"#, "invalid_redirect_uri"), (#"{"redirect_uris":["http://r.example/cb"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["https://r.example/#f"]}"#, "invalid_redirect_uri"), (#"{"redirect_uris":["https://*.example/"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["data:text/html,x"]}"#, "invalid_redirect_uri"), (#"{"redirect_uris":["javascript:x"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["https://r.example/"],"grant_types":["implicit"]}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"grant_types":"authorization_code"}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"response_types":["token"]}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"token_endpoint_auth_method":"private_key_jwt"}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"scope":"operator"}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"scope":"nonsense"}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"client_name":5}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"redirect_uris":[]}"#, "invalid_client_metadata"),
        (#"{"grant_types":["client_credentials"],"token_endpoint_auth_method":"none"}"#, "invalid_client_metadata"),
        (#"{"grant_types":["client_credentials"]}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://r.example/"],"grant_types":["authorization_code","client_credentials"]}"#, "invalid_client_metadata"), (#"[]"#, "invalid_client_metadata"),
    ])
    func `metadata that does not fit is refused by its name`(body: String, error: String) async throws {
        try await Self.run { _, client in
            let answer = try await client.post(Self.path, body)
            #expect(answer.isOAuthError(error), "\(answer)")
        }
    }

    @Test func `only who has the token registers, and nobody where none is set`() async throws {
        try await Self.run { api, _ in
            for stranger in [api.client, api.client.with(key: nil), api.client.with(key: "x")] {
                #expect(try await stranger.post(Self.path, "{}").isOAuthError("invalid_token", status: 401))
            }
            let metadata = try await api.client.get("/.well-known/oauth-authorization-server")
            #expect(metadata.text("registration_endpoint") == api.oauth.issuer.url + Self.path)
        }
        try await TestAPI.run { api async throws in
            #expect(try await api.client.post(Self.path, "{}").isProblem(404, "unknown_route"))
            #expect(try await api.client.get(Self.path + "/client_x").isProblem(404, "unknown_route"))
        }
    }
}
