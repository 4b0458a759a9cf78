import Foundation
import Identity
import Primitives
import Testing

/// RFC 7592 §2.2.
@Suite struct OAuthRegistrationChangeTests {
    private static let path = "/api/oauth/register"

    private struct Registered {
        let own: Client
        let id: String
        let answer: Answer

        func put(_ members: String) async throws -> Answer {
            try await own.send("PUT", "\(path)/\(id)", body: Data(#"{"client_id":"\#(id)",\#(members)}"#.utf8))
        }
    }

    private static func run(_ metadata: String, _ body: (TestAPI, Registered) async throws -> Void) async throws {
        var settings = OAuthSettings()
        settings.registrationToken = Redacted("an initial access token")
        try await TestAPI.run(settings: settings) { api in
            let answer = try await api.client.with(key: "an initial access token").post(path, metadata)
            let id = try #require(answer.text("client_id"), "\(answer)")
            try await body(api, Registered(own: api.client.with(key: answer.text("registration_access_token")), id: id, answer: answer))
        }
    }

    private static let reader = #"{"client_name":"Reader","redirect_uris":["https://r.example/cb"],"grant_types":["authorization_code","refresh_token"]}"#

    @Test func `a registration is replaced as a whole, and its secret stays`() async throws {
        try await Self.run(Self.reader) { api, registered in
            let secret = try #require(registered.answer.text("client_secret"))
            let changed = try await registered.put(#""client_secret":"\#(secret)","redirect_uris":["https://r.example/new"],"scope":"courses:read""#)
            #expect(changed.status == 200 && changed.headers["cache-control"] == "no-store", "\(changed)")
            #expect(changed.text("client_name") == "A registered program" && changed.value("grant_types") as? [String] == ["authorization_code"])
            #expect(changed.value("redirect_uris") as? [String] == ["https://r.example/new"] && changed.text("scope") == "courses:read")
            #expect(changed.value("client_secret") == nil && changed.text("registration_access_token") == registered.answer.text("registration_access_token"))
            #expect(changed.int("client_id_issued_at") == registered.answer.int("client_id_issued_at"))
            #expect(try await registered.own.get("\(Self.path)/\(registered.id)").value("redirect_uris") as? [String] == ["https://r.example/new"])
            let wider = try await registered.put(#""client_secret":"\#(secret)","redirect_uris":["https://r.example/new"],"scope":"courses:read users:read""#)
            #expect(wider.isOAuthError("invalid_client_metadata"), "what it gave up, or somebody took away, does not come back: \(wider)")
            let stage = api.stage
            let client = OAuthStage.Client(id: try #require(OAuthClientID(registered.id)), clientID: registered.id, secret: secret)
            #expect(try await stage.token(["grant_type": "refresh_token", "refresh_token": "x"], client).isOAuthError("unauthorized_client"))
        }
    }

    @Test func `who begins to have a secret is shown it, and who has none any more has none`() async throws {
        try await Self.run(#"{"redirect_uris":["https://r.example/cb"],"token_endpoint_auth_method":"none"}"#) { api, registered in
            let begun = try await registered.put(#""redirect_uris":["https://r.example/cb"]"#)
            let secret = try #require(begun.text("client_secret"), "\(begun)")
            let client = OAuthStage.Client(id: try #require(OAuthClientID(registered.id)), clientID: registered.id, secret: secret)
            #expect(try await api.stage.form("/api/oauth/introspect", ["token": "x"], as: client).status == 200)
            let post = try await registered.put(#""redirect_uris":["https://r.example/cb"],"token_endpoint_auth_method":"client_secret_post""#)
            #expect(post.status == 200 && post.value("client_secret") == nil)
            #expect(try await api.stage.form("/api/oauth/introspect", ["token": "x"], as: client).status == 200)
            let key = ProofMaker()
            let signing = try await registered.put(
                #""redirect_uris":["https://r.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[\#(key.jwk)]}"#)
            #expect(signing.status == 200 && signing.value("jwks") != nil && signing.value("client_secret") == nil, "\(signing)")
            #expect(try await api.stage.form("/api/oauth/introspect", ["token": "x"], as: client).isOAuthError("invalid_client", status: 401))
            let open = try await registered.put(#""redirect_uris":["https://r.example/cb"],"token_endpoint_auth_method":"none""#)
            #expect(open.status == 200 && open.value("jwks") == nil)
            #expect(try await api.stage.form("/api/oauth/introspect", ["token": "x"], as: client).isOAuthError("invalid_client", status: 401))
        }
    }

    @Test(arguments: [
        (#""redirect_uris":["http://r.example/"]"#, "invalid_redirect_uri"), (#""redirect_uris":["https://r.example/"],"scope":"operator""#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"client_secret":"vos_wrong""#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"registration_access_token":"x""#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"client_id_issued_at":1"#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"token_endpoint_auth_method":"private_key_jwt""#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://r.example/jwks""#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[]}"#, "invalid_client_metadata"),
        (#""redirect_uris":["https://r.example/"],"grant_types":["client_credentials"]"#, "invalid_client_metadata"),
    ])
    func `a change that does not fit changes nothing`(members: String, error: String) async throws {
        try await Self.run(Self.reader) { _, registered in
            #expect(try await registered.put(members).isOAuthError(error))
            let shown = try await registered.own.get("\(Self.path)/\(registered.id)")
            #expect(shown.value("redirect_uris") as? [String] == ["https://r.example/cb"] && shown.text("token_endpoint_auth_method") == "client_secret_basic")
        }
    }

    @Test func `only the registration's own token changes it, and only under its own id`() async throws {
        try await Self.run(Self.reader) { api, registered async throws in
            let body = Data(#"{"client_id":"\#(registered.id)","redirect_uris":["https://evil.example/"]}"#.utf8)
            for stranger in [api.client, api.client.with(key: nil), api.client.with(key: "an initial access token")] {
                #expect(try await stranger.send("PUT", "\(Self.path)/\(registered.id)", body: body).isOAuthError("invalid_token", status: 401))
            }
            let other = Data(#"{"client_id":"client_x","redirect_uris":["https://r.example/"]}"#.utf8)
            #expect(try await registered.own.send("PUT", "\(Self.path)/\(registered.id)", body: other).isOAuthError("invalid_client_metadata"))
            #expect(try await registered.own.send("PUT", "\(Self.path)/\(registered.id)", body: Data("{".utf8)).isOAuthError("invalid_request"))
            #expect(try await registered.own.get("\(Self.path)/\(registered.id)").value("redirect_uris") as? [String] == ["https://r.example/cb"])
        }
    }

    @Test func `scopes that a registration gives up its tokens lose`() async throws {
        try await Self.run(Self.reader) { api, registered in
            let stage = api.stage
            let client = OAuthStage.Client(
                id: try #require(OAuthClientID(registered.id)), clientID: registered.id, secret: registered.answer.text("client_secret"))
            let code = try await stage.makeCode(client, redirectURI: "https://r.example/cb")
            let token = try #require(try await stage.redeem(code, client, changing: ["redirect_uri": "https://r.example/cb"]).text("access_token"))
            #expect(try await stage.opens(token))
            #expect(try await registered.put(#""redirect_uris":["https://r.example/cb"],"scope":"courses:read""#).status == 200)
            #expect(try await stage.opens(token) == false)
        }
    }
}
