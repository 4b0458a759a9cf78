import Identity
import Ledger
import Postgres
import Primitives
import Testing

@Suite struct ConsentTests {
    @Test func `who signs in and allows it gives the client a code, and the code a token`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (browser, page) = try await fixture.signIn(["scope": "courses:read jobs:read"])
            #expect(page.isPage(200, "Allow access?"), "\(page)")
            for words in ["Reports", "See courses, enrollments and results", "See jobs and schedules", fixture.email, "app.example"] {
                #expect(page.body.contains(words), "\(words)")
            }
            let reply = try await browser.submit(page, "consent", [("decision", "allow")])
            #expect(reply.status == 303 && reply.isMannered && reply["location"]?.hasPrefix("https://app.example/cb?tenant=1&code=") == true, "\(reply)")
            #expect(reply.answer?["state"] == "st/4te=&é" && reply.answer?["iss"] == fixture.issuer)
            let tokens = try await fixture.redeem(reply.answer?["code"] ?? "")
            #expect(tokens.status == 200 && tokens.text("scope") == "courses:read jobs:read", "\(tokens)")
        }
    }

    /// user-rejects-authentication
    @Test func `who does not allow it, or does not sign in, sends the client an error`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (browser, page) = try await fixture.signIn()
            let reply = try await browser.submit(page, "consent", [("decision", "deny")])
            #expect(reply.answer?["error"] == "access_denied" && reply.answer?["state"] == "st/4te=&é" && reply.answer?["iss"] == fixture.issuer, "\(reply)")
            #expect(try await api.number("SELECT count(*) FROM oauth_codes") == 0)
            #expect(try await api.number("SELECT count(*) FROM consents") == 0)
            let first = try await Browser(port: fixture.port).get(fixture.path())
            #expect(first.body.contains("href=\"https://app.example/cb?tenant=1&amp;error=access_denied&amp;"))
        }
    }

    @Test func `what was agreed to is not asked again, until more is asked for, the client says so, or it is taken back`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (browser, page) = try await fixture.signIn(["scope": "courses:read jobs:read"])
            _ = try await browser.submit(page, "consent", [("decision", "allow")])
            #expect(try await browser.get(fixture.path()).answer?["code"] != nil)
            #expect(try await browser.get(fixture.path(["scope": "courses:read jobs:read", "prompt": "none"])).answer?["code"] != nil)
            #expect(try await browser.get(fixture.path(["prompt": "consent"])).isPage(200, "Allow access?"))

            let other = try await SignInFixture.make(api, name: "Other")
            let asked = try await browser.get(other.path(["prompt": "none"]))
            #expect(asked.answer?["error"] == "consent_required", "another client was agreed to nothing")

            let tokens = try await fixture.redeem(try await browser.get(fixture.path()).answer?["code"] ?? "")
            let bearer = api.client.with(key: tokens.text("access_token"))
            #expect(try await bearer.get("/api/jobs").status != 401)
            let base = "/api/users/\(fixture.user)/consents"
            let list = try await api.client.get(base)
            #expect(list.text("data.0.name") == "Reports" && list.count("data.0.scopes") == 2, "\(list)")
            #expect(try await api.client.send("DELETE", "\(base)/\(fixture.client.clientID)").status == 204)
            #expect(try await browser.get(fixture.path()).isPage(200, "Allow access?"))
            #expect(try await fixture.redeem("x", ["grant_type": "refresh_token", "refresh_token": tokens.text("refresh_token")]).text("error") == "invalid_grant")
            #expect(try await api.client.send("DELETE", "\(base)/\(fixture.client.clientID)").status == 404)
        }
    }

    /// ensure-scopes are bounded: a learner cannot give away what a learner cannot do.
    @Test func `the user's role bounds what is granted`() async throws {
        try await TestAPI.run { api in
            let learner = try await SignInFixture.make(api, role: "learner")
            let (browser, page) = try await learner.signIn(["scope": "courses:read jobs:read"])
            #expect(page.body.contains("courses:read") && !page.body.contains("<code>jobs:read"), "\(page)")
            let reply = try await browser.submit(page, "consent", [("decision", "allow")])
            #expect(try await learner.redeem(reply.answer?["code"] ?? "").text("scope") == "courses:read")
            let (_, refused) = try await learner.signIn(["scope": "jobs:read"])
            #expect(refused.answer?["error"] == "access_denied", "\(refused)")
        }
    }

    @Test func `an answer is good for the request and the browser that it was made for`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (browser, page) = try await fixture.signIn()
            let form = try #require(page.form("consent"))
            let token = form.first { $0.0 == "token" }?.1 ?? ""
            let wider = FormText.encode(fixture.parameters(["scope": "courses:read jobs:read"]))
            let good = FormText.encode(fixture.parameters())
            let attempts: [[(String, String)]] = [
                [("request", wider), ("token", token), ("decision", "allow")], [("request", good), ("decision", "allow")],
                [("request", good), ("token", "x"), ("decision", "allow")], [("request", good), ("token", token)],
                [("request", good), ("token", token), ("decision", "maybe")],
                [("request", good), ("token", page.form("logout")?.first { $0.0 == "token" }?.1 ?? ""), ("decision", "allow")],
            ]
            for attempt in attempts {
                let reply = try await browser.post("/api/oauth/consent", attempt)
                #expect(reply.isPage(403, "This page is out of date"), "\(attempt): \(reply)")
            }
            let whole = form + [("decision", "allow")]
            #expect(try await Browser(port: fixture.port).post("/api/oauth/consent", whole).status == 403, "no cookie")
            let stranger = try await fixture.signIn().browser
            #expect(try await stranger.post("/api/oauth/consent", whole).status == 403, "another browser of the same user")
            #expect(try await browser.post("/api/oauth/consent", whole, headers: ["Sec-Fetch-Site": "cross-site"]).status == 403)
            #expect(try await api.number("SELECT count(*) FROM oauth_codes") == 0)
            #expect(try await browser.post("/api/oauth/consent", whole, headers: ["Sec-Fetch-Site": "same-origin"]).answer?["code"] != nil)
        }
    }

    @Test func `a public program on the user's machine is asked about each time`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api, redirectURIs: ["http://127.0.0.1/cb"], isPublic: true)
            let (browser, page) = try await fixture.signIn(["redirect_uri": "http://127.0.0.1:5000/cb"])
            let reply = try await browser.submit(page, "consent", [("decision", "allow")])
            #expect(reply["location"]?.hasPrefix("http://127.0.0.1:5000/cb?code=") == true)
            #expect(try await fixture.redeem(reply.answer?["code"] ?? "", ["redirect_uri": "http://127.0.0.1:5000/cb"]).status == 200)
            #expect(try await browser.get(fixture.path(["redirect_uri": "http://127.0.0.1:5001/cb"])).isPage(200, "Allow access?"))
        }
    }

    @Test func `a client's name and everything else of a stranger's is text on the page`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api, name: "<script>alert('x')</script>\"&")
            let state = "\"><script>alert(1)</script>"
            let (_, page) = try await fixture.signIn(["state": state])
            #expect(page.isPage(200, "Allow access?") && !page.body.contains("<script"), "\(page)")
            let first = try await Browser(port: fixture.port).get(fixture.path(["state": state, "login_hint": "<b>"]))
            #expect(!first.body.contains("<script") && !first.body.contains("<b>"))
            let browser = Browser(port: fixture.port)
            let again = try await browser.submit(try await browser.get(fixture.path()), "login", [("email", "\"><script>"), ("password", "wrong wrong wrong")])
            #expect(again.isPage(422, "Sign in") && !again.body.contains("<script"))
        }
    }

    @Test func `a user of another workspace is a stranger, signed in or not`() async throws {
        try await TestAPI.run { api in
            let here = try await SignInFixture.make(api)
            let elsewhere = IdentifierSource.system.next(Workspace.self)
            try await WorkspaceTable(pool: api.pool).create(elsewhere, name: "other")
            let there = try await SignInFixture.make(api, workspace: elsewhere)
            let browser = try await here.signIn().browser
            let page = try await browser.get(there.path())
            #expect(page.isPage(200, "Sign in"), "\(page)")
            #expect(try await browser.submit(page, "login", [("email", here.email), ("password", SignInFixture.password)]).isPage(422, "Sign in"))
            for path in ["/api/users/\(there.user)/consents", "/api/users/\(here.user)/consents/\(there.client.clientID)"] {
                #expect(try await api.client.send(path.hasSuffix("consents") ? "GET" : "DELETE", path).status == 404)
            }
            #expect(try await api.client.send("PUT", "/api/users/\(there.user)/password", body: .init(#"{"password":"another password"}"#.utf8)).status == 404)
        }
    }
}
