import Foundation
import Identity
import Ledger
import Postgres
import Primitives
import Testing

/// RFC 9126, with the par-* cases of the OpenID conformance suite, named behind each.
@Suite struct PushedRequestTests {
    private func push(
        _ fixture: SignInFixture, _ changes: [String: String?] = [:], secret: String?? = nil, headers: [String: String] = [:]
    ) async throws -> PlainHTTP.Reply {
        var fields = fixture.parameters(changes)
        if let secret = secret ?? fixture.secret { fields.append(("client_secret", secret)) }
        return try await Browser(port: fixture.port).post("/api/oauth/par", body: FormText.encode(fields), headers: headers)
    }

    private func reference(_ reply: PlainHTTP.Reply) throws -> String {
        guard reply.status == 201, let found = reply.body.firstMatch(of: /"request_uri":"([^"]*)"/) else { throw Unexpected(description: "\(reply)") }
        return String(found.1)
    }

    private func path(_ fixture: SignInFixture, _ reference: String, more: [(name: String, value: String)] = []) -> String {
        "/api/oauth/authorize?" + FormText.encode([("client_id", fixture.client.clientID), ("request_uri", reference)] + more)
    }

    private func signIn(_ fixture: SignInFixture, _ browser: Browser, _ page: PlainHTTP.Reply) async throws -> PlainHTTP.Reply {
        try await browser.follow(try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)]))
    }

    /// par-attempt-reuse-request_uri
    @Test func `a pushed request leads to a code, once`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let reply = try await push(fixture)
            #expect(reply.status == 201 && reply["cache-control"] == "no-store" && reply.body.contains("\"expires_in\":60"), "\(reply)")
            let path = path(fixture, try reference(reply), more: [("scope", "jobs:read"), ("state", "ignored")])
            let browser = Browser(port: fixture.port)
            #expect(try await browser.get(path).isPage(200, "Sign in"))
            let page = try await signIn(fixture, browser, try await browser.get(path))
            #expect(page.isPage(200, "Allow access?") && page.body.contains("<code>courses:read") && !page.body.contains("<code>jobs:read"), "\(page)")
            let answer = try await browser.submit(page, "consent", [("decision", "allow")])
            #expect(answer.answer?["state"] == "st/4te=&é")
            #expect(try await fixture.redeem(answer.answer?["code"] ?? "").status == 200)
            #expect(try await browser.get(path).isPage(403, "This link has expired"))
            #expect(try await browser.submit(page, "consent", [("decision", "allow")]).isPage(403, "This link has expired"))
        }
    }

    @Test func `one who says no has answered, too, and of two answers at once one counts`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let path = path(fixture, try reference(try await push(fixture)))
            let page = try await signIn(fixture, browser, try await browser.get(path))
            #expect(try await browser.submit(page, "consent", [("decision", "deny")]).answer?["error"] == "access_denied")
            #expect(try await browser.get(path).isPage(403, "This link has expired"))

            let other = self.path(fixture, try reference(try await push(fixture)))
            let form = try await browser.get(other)
            let answers = try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try await browser.submit(form, "consent", [("decision", "allow")]) } }
                return try await group.reduce(into: [PlainHTTP.Reply]()) { $0.append($1) }
            }
            #expect(answers.count { $0.answer?["code"] != nil } == 1, "\(answers)")
        }
    }

    /// par-attempt-to-use-expired-request_uri, par-attempt-to-use-request_uri-for-different-client
    @Test func `a reference that is over, another client's, another browser's or invented is of no use`() async throws {
        try await TestAPI.run { api in
            let (fixture, other) = (try await SignInFixture.make(api), try await SignInFixture.make(api))
            let reference = try reference(try await push(fixture))
            #expect(try await Browser(port: fixture.port).get(path(other, reference)).isPage(403, "This link has expired"))
            #expect(try await Browser(port: fixture.port).get(path(fixture, String(reference.dropLast()) + (reference.hasSuffix("A") ? "E" : "A"))).isPage(403, "This link has expired"))
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(path(fixture, reference))
            #expect(page.isPage(200, "Sign in"))
            #expect(try await Browser(port: fixture.port).get(path(fixture, reference)).isPage(403, "This link has expired"))
            try await api.pool.query("UPDATE pushed_requests SET expires_at = now()")
            #expect(try await browser.get(path(fixture, reference)).isPage(403, "This link has expired"))
            let late = try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)])
            #expect(late.isPage(403, "This link has expired"))
            try await SessionTable.prune(on: api.pool)
            #expect(try await api.number("SELECT count(*) FROM pushed_requests") == 0)
        }
    }

    /// par-ensure-pkce-required, par-plain-pkce-rejected, par-authorization-request-containing-request_uri
    @Test func `what the authorization endpoint would refuse is refused at once`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let cases: [([String: String?], String)] = [
                (["code_challenge": nil], "invalid_request"), (["code_challenge_method": "plain"], "invalid_request"), (["response_type": "token"], "unsupported_response_type"),
                (["scope": "operator"], "invalid_scope"), (["redirect_uri": "https://evil.example"], "invalid_request"), (["redirect_uri": nil], "invalid_request"),
                (["request_uri": "urn:ietf:params:oauth:request_uri:x"], "invalid_request"), (["request_uri": "https://a.example"], "invalid_request"),
                (["request": "x"], "request_not_supported"), (["prompt": "dance"], "invalid_request"),
            ]
            for (change, error) in cases {
                let reply = try await push(fixture, change)
                #expect(reply.status == 400 && reply.body.contains("\"error\":\"\(error)\"") && reply["content-type"] == "application/json", "\(change): \(reply)")
            }
            #expect(try await api.number("SELECT count(*) FROM pushed_requests") == 0)
        }
    }

    /// par-attempt-invalid-http-method, par-without-duplicate-parameters
    @Test func `the client proves who it is, by a form that is one`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            #expect(try await push(fixture, secret: .some(nil)).status == 401)
            #expect(try await push(fixture, secret: "vos_wrong").status == 401)
            let basic = Data("\(fixture.client.clientID):\(fixture.secret ?? "")".utf8).base64EncodedString()
            #expect(try await push(fixture, ["client_id": nil], secret: .some(nil), headers: ["Authorization": "Basic \(basic)"]).status == 201)
            let browser = Browser(port: fixture.port)
            let refused = try await browser.get("/api/oauth/par")
            #expect(refused.status == 405 && refused["allow"] == "OPTIONS, POST")
            for (reply, status) in [
                (try await browser.post("/api/oauth/par", body: "{}", type: "application/json"), 415),
                (try await browser.post("/api/oauth/par", body: String(repeating: "a", count: 70_000)), 413),
            ] {
                #expect(reply.status == status && reply["content-type"] == "application/json" && reply.body.hasPrefix(#"{"error":"invalid_request""#), "\(reply)")
            }
            let twice = FormText.encode(fixture.parameters() + [("client_secret", fixture.secret ?? ""), ("scope", "jobs:read")])
            #expect(try await browser.post("/api/oauth/par", body: twice).body.contains("invalid_request"))
            let open = try await SignInFixture.make(api, isPublic: true)
            #expect(try await push(open).status == 201, "a public client names itself")
        }
    }

    @Test func `a pushed prompt is met by signing in once`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = try await fixture.signIn().browser
            let page = try await browser.get(path(fixture, try reference(try await push(fixture, ["prompt": "login"]))))
            #expect(page.isPage(200, "Sign in"))
            #expect(try await signIn(fixture, browser, page).isPage(200, "Allow access?"))
            let silent = try await Browser(port: fixture.port).get(path(fixture, try reference(try await push(fixture, ["prompt": "none"]))))
            #expect(silent.answer?["error"] == "login_required")
        }
    }

    /// ensure-mismatched-dpop-jkt-fails, ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
    @Test func `a proof binds the code to its key`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (keys, others) = (ProofMaker(), ProofMaker())
            func headers(_ keys: ProofMaker, _ path: String) throws -> [String: String] { ["DPoP": try keys.proof(method: "POST", url: fixture.issuer + path)] }
            #expect(try await push(fixture, ["dpop_jkt": others.thumbprint], headers: headers(keys, "/api/oauth/par")).body.contains("invalid_dpop_proof"))
            #expect(try await push(fixture, headers: headers(keys, "/api/oauth/token")).body.contains("invalid_dpop_proof"))
            let proof = try headers(keys, "/api/oauth/par")
            let reference = try reference(try await push(fixture, headers: proof))
            #expect(try await push(fixture, headers: proof).body.contains("invalid_dpop_proof"), "it was used before")
            let browser = Browser(port: fixture.port)
            let page = try await signIn(fixture, browser, try await browser.get(path(fixture, reference)))
            let code = try await browser.submit(page, "consent", [("decision", "allow")]).answer?["code"] ?? ""
            #expect(try await fixture.redeem(code).status == 400)
            #expect(try await fixture.redeem(code, headers: headers(others, "/api/oauth/token")).status == 400)
            let tokens = try await fixture.redeem(code, headers: headers(keys, "/api/oauth/token"))
            #expect(tokens.text("token_type") == "DPoP", "\(tokens)")
        }
    }

    @Test func `dpop_jkt in the query binds the code as well`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let keys = ProofMaker()
            let code = try await fixture.code(["dpop_jkt": keys.thumbprint])
            #expect(try await fixture.redeem(code).status == 400)
            #expect(try await fixture.redeem(code, headers: ["DPoP": keys.proof(method: "POST", url: fixture.issuer + "/api/oauth/token")]).status == 200)
        }
    }
}
