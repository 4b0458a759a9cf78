import Identity
import Ledger
import Testing

/// The authorization endpoint, by the list of PROTOCOLS E.1 and the cases of the OpenID conformance suite, named behind each.
@Suite struct AuthorizeTests {
    @Test func `an unknown client or redirect URI is a page, never a redirect`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let changes: [[String: String?]] = [
                ["client_id": nil], ["client_id": ""], ["client_id": "client_nobody"], ["client_id": String(repeating: "x", count: 5000)],
                ["client_id": "' OR 1=1"], ["redirect_uri": nil], ["redirect_uri": ""], ["redirect_uri": "https://evil.example/cb"],
                ["redirect_uri": "https://app.example/cb"], ["redirect_uri": "https://app.example/cb?tenant=1&x=1"], ["redirect_uri": "https://app.example/cb?tenant=2"],
                ["redirect_uri": "https://app.example/cb?tenant=1#f"], ["redirect_uri": "javascript:alert(1)"], ["redirect_uri": "https://app.example.evil.example/cb?tenant=1"],
            ]
            for change in changes {
                for more in [[:], ["response_type": "token"], ["prompt": "none"]] as [[String: String?]] {
                    let reply = try await browser.get(fixture.path(change.merging(more) { $1 }))
                    #expect(reply.isPage(403, "This link cannot be used") && reply["location"] == nil, "\(change): \(reply)")
                }
            }
            for twice in ["&client_id=\(fixture.client.clientID)", "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftenant%3D1"] {
                let reply = try await browser.get(fixture.path() + twice)
                #expect(reply.isPage(403, "This link cannot be used"), "\(twice): \(reply)")
            }
        }
    }

    /// redirect-uri-query-OK / -added / -mismatch, ensure-response-type-token-fails, ensure-authorization-request-with-long-state, …-without-state-success
    @Test(arguments: [
        (["response_type": nil], "invalid_request"), (["response_type": "token"], "unsupported_response_type"),
        (["response_type": "id_token"], "unsupported_response_type"), (["response_type": "code token"], "unsupported_response_type"),
        (["response_mode": "fragment"], "invalid_request"), (["response_mode": "form_post"], "invalid_request"), (["code_challenge": nil], "invalid_request"),
        (["code_challenge": "short"], "invalid_request"), (["code_challenge_method": "plain"], "invalid_request"), (["code_challenge_method": nil], "invalid_request"),
        (["code_challenge": nil, "code_challenge_method": nil], "invalid_request"), (["scope": "nothing:here"], "invalid_scope"),
        (["scope": "courses:write"], "invalid_scope"), (["scope": "courses:read operator"], "invalid_scope"), (["scope": " "], "invalid_scope"),
        (["request": "e30.e30."], "request_not_supported"), (["request_uri": "https://app.example/request"], "request_uri_not_supported"),
        (["prompt": "none"], "login_required"), (["prompt": "none login"], "invalid_request"), (["prompt": "dance"], "invalid_request"),
        (["dpop_jkt": "x"], "invalid_request"), (["resource": "https://other.example"], "invalid_target"),
    ] as [([String: String?], String)])
    func `any other error goes to the client, with its state to the letter and our issuer`(change: [String: String?], error: String) async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let states = ["st/4te=&é", String(repeating: "s", count: 1000), "a b+c%20d\"<>", nil]
            for state in states {
                let reply = try await Browser(port: fixture.port).get(fixture.path(change.merging(["state": state]) { $1 }))
                #expect(reply.status == 303 && reply.isMannered, "\(reply)")
                #expect(reply["location"]?.hasPrefix("https://app.example/cb?tenant=1&error=\(error)&") == true, "\(reply)")
                let answer = reply.answer ?? [:]
                #expect(answer["state"] == state && answer["iss"] == fixture.issuer && answer["code"] == nil, "\(answer)")
                let description = answer["error_description"] ?? "\\"
                #expect(description.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) && $0 != "\"" && $0 != "\\" }, "\(description)")
            }
        }
    }

    @Test func `a parameter that comes twice is refused, also where nobody reads it`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            for twice in ["&state=2", "&scope=jobs%3Aread", "&unknown=1&unknown=1", "&response_type=code", "&%73cope=jobs%3Aread", "&code_challenge=x"] {
                let reply = try await Browser(port: fixture.port).get(fixture.path() + twice)
                #expect(reply.answer?["error"] == "invalid_request", "\(twice): \(reply)")
                #expect((reply.answer?["state"] == nil) == (twice == "&state=2"))
            }
        }
    }

    /// ensure-request-with-unknown-parameter-succeeds, ensure-other-scope-order-succeeds, ensure-request-with-valid-pkce-succeeds
    @Test(arguments: [
        [:], ["extra": "foobar", "claims": "{}", "nonce": "n"], ["scope": "jobs:read courses:read"], ["scope": "courses:read jobs:read"], ["scope": nil],
        ["state": nil], ["response_mode": "query"], ["prompt": "login"], ["prompt": "consent"], ["dpop_jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"],
    ] as [[String: String?]])
    func `a request that is in order shows the sign-in`(change: [String: String?]) async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let page = try await Browser(port: fixture.port).get(fixture.path(change))
            #expect(page.isPage(200, "Sign in") && page.body.contains("Reports"), "\(page)")
            let policy = page["content-security-policy"] ?? ""
            #expect(policy.hasPrefix("default-src 'none'; style-src 'self'; img-src data:; form-action 'self' https://app.example; frame-ancestors 'none'"))
            #expect(!page.body.contains("<script") && !page.body.contains(" style=") && !page.body.contains(" onclick"))
        }
    }

    /// ensure-post-request-succeeds
    @Test func `a posted request is the same as one in the query`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let reply = try await browser.post("/api/oauth/authorize", fixture.parameters().map { ($0.name, $0.value) })
            #expect(reply.status == 303 && reply.isMannered && reply["set-cookie"] == nil, "\(reply)")
            let page = try await browser.follow(reply)
            #expect(page.isPage(200, "Sign in"))
            let answer = try await browser.follow(try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)]))
            #expect(answer.isPage(200, "Allow access?"), "\(answer)")
            for (type, status) in [("application/json", 415), ("text/plain", 415)] {
                #expect(try await browser.post("/api/oauth/authorize", body: "{}", type: type).status == status)
            }
            #expect(try await browser.post("/api/oauth/authorize", body: "a=%zz").status == 400)
            #expect(try await browser.post("/api/oauth/authorize", body: String(repeating: "a", count: 70_000)).status == 413)
            #expect(try await browser.post("/api/oauth/authorize", body: String(repeating: "a", count: 9000)).status == 413)
        }
    }

    @Test func `a broken query is a page, and no method but GET, HEAD and POST is taken`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            for broken in ["&state=%zz", "&state=%ff", "&%=", "&state=%00"] {
                #expect(try await browser.get(fixture.path() + broken).isPage(400, "This link cannot be used"), "\(broken)")
            }
            let many = (0..<101).map { "&p\($0)=1" }.joined()
            #expect(try await browser.get(fixture.path() + many).isPage(400, "This link cannot be used"))
            let refused = try await browser.send("PUT", fixture.path())
            #expect(refused.status == 405 && refused["allow"] == "GET, HEAD, OPTIONS, POST", "\(refused)")
            #expect(try await browser.send("HEAD", fixture.path()).body == "")
        }
    }

    @Test func `a client that may not ask users is told so, and a revoked one is unknown`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api, grantTypes: ["client_credentials"])
            #expect(try await Browser(port: fixture.port).get(fixture.path()).answer?["error"] == "unauthorized_client")
            let other = try await SignInFixture.make(api)
            #expect(try await api.oauth.clients.revoke(other.client.id, workspace: api.workspace))
            #expect(try await Browser(port: fixture.port).get(other.path()).isPage(403, "This link cannot be used"))
        }
    }

    /// The loopback matrix of node-oidc-provider, over HTTP (RFC 8252 §7.3).
    @Test func `a program on the user's machine takes any port, and everything else to the letter`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(
                api, redirectURIs: ["http://127.0.0.1/cb", "http://[::1]:8000/cb", "com.example.app:/cb"], isPublic: true)
            let browser = Browser(port: fixture.port)
            for (good, source) in [
                ("http://127.0.0.1:53124/cb", "http://127.0.0.1:53124"), ("http://127.0.0.1/cb", "http://127.0.0.1"), ("http://[::1]:1/cb", "http:"),
                ("com.example.app:/cb", "com.example.app:"),
            ] {
                let page = try await browser.get(fixture.path(["redirect_uri": good]))
                #expect(page.isPage(200, "Sign in") && page["content-security-policy"]?.contains("form-action 'self' \(source);") == true, "\(page)")
            }
            for bad in ["http://localhost:53124/cb", "http://127.0.0.1:53124/", "http://127.0.0.2/cb", "http://[::1]:1/cb2", "com.example.app:/cb2", "https://127.0.0.1/cb"] {
                #expect(try await browser.get(fixture.path(["redirect_uri": bad])).status == 403, "\(bad)")
            }
        }
    }
}
