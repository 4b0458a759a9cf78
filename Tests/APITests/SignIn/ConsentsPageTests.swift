import Identity
import Ledger
import Postgres
import Primitives
import Testing

@Suite struct ConsentsPageTests {
    private static let path = "/api/oauth/consents"

    /// Signs in by the page itself.
    private func open(_ fixture: SignInFixture, _ browser: Browser, workspace: WorkspaceID? = nil) async throws -> PlainHTTP.Reply {
        let page = try await browser.get(Self.path + (workspace.map { "?workspace=\($0)" } ?? ""))
        guard page.isPage(200, "Sign in") else { return page }
        return try await browser.follow(try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)]))
    }

    @Test func `a user signs in, sees what they allowed, and takes it back`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api, name: "Reports & <Co>")
            let tokens = try await fixture.redeem(try await fixture.code(["scope": "courses:read jobs:read"]))
            let access = try #require(tokens.text("access_token"))
            #expect(try await api.stage.opens(access))
            let browser = Browser(port: fixture.port)
            let page = try await open(fixture, browser)
            #expect(page.isPage(200, "Programs with access"), "\(page)")
            #expect(page["content-security-policy"]?.contains("form-action 'self';") == true && page["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.body.contains("<bdi>Reports &amp; &lt;Co&gt;</bdi>") && page.body.contains("<code>courses:read</code>") && page.body.contains("<code>jobs:read</code>"))
            let reply = try await browser.submit(page, "consents")
            #expect(reply.status == 303 && reply["location"] == "consents?ended=1" && reply.isMannered, "\(reply)")
            let after = try await browser.follow(reply)
            #expect(after.body.contains("There are none") && after.body.contains(#"role="status""#), "\(after)")
            #expect(try await api.stage.opens(access) == false)
            let again = try await browser.submit(page, "consents")
            #expect(again.status == 303, "the same form twice has done what it says")
            #expect(try await browser.get(fixture.path()).isPage(200, "Allow access?"), "the user is asked again")
            #expect(try await api.number("SELECT count(*) FROM consents") == 0)
        }
    }

    @Test func `a form of another browser, for another client, or from elsewhere takes nothing back`() async throws {
        try await TestAPI.run { api in
            let (fixture, second) = (try await SignInFixture.make(api), try await SignInFixture.make(api, name: "Second"))
            let access = try #require(try await fixture.redeem(try await fixture.code(["scope": "jobs:read"])).text("access_token"))
            let browser = Browser(port: fixture.port)
            let page = try await open(fixture, browser)
            let form = try #require(page.form("consents"))
            let stranger = Browser(port: fixture.port)
            _ = try await open(second, stranger)
            #expect(try await stranger.post(Self.path, form).isPage(403, "This page is out of date"))
            #expect(try await Browser(port: fixture.port).post(Self.path, form).isPage(403, "This page is out of date"))
            #expect(try await browser.post(Self.path, form, headers: ["Sec-Fetch-Site": "cross-site"]).isPage(403, "This page is out of date"))
            #expect(try await browser.post(Self.path, form.map { $0.0 == "client" ? ($0.0, second.client.clientID) : $0 }).isPage(403, "This page is out of date"))
            #expect(try await browser.post(Self.path, form.filter { $0.0 != "token" }).isPage(403, "This page is out of date"))
            #expect(try await api.stage.opens(access))
            #expect(try await browser.post(Self.path, form).status == 303)
            #expect(try await api.stage.opens(access) == false)
        }
    }

    @Test func `nobody sees or ends another workspace's, and each workspace has its own sign-in`() async throws {
        try await TestAPI.run { api in
            let other = IdentifierSource.system.next(Workspace.self)
            try await WorkspaceTable(pool: api.pool).create(other, name: "other")
            let (here, there) = (try await SignInFixture.make(api), try await SignInFixture.make(api, name: "Elsewhere", workspace: other))
            let access = try #require(try await there.redeem(try await there.code(["scope": "jobs:read"])).text("access_token"))
            let browser = Browser(port: here.port)
            let page = try await open(here, browser)
            #expect(page.isPage(200, "Programs with access") && !page.body.contains("Elsewhere"))
            #expect(try await open(there, Browser(port: here.port)).isPage(422, "Sign in"), "of the first workspace, where they are nobody")
            let theirs = try await open(there, Browser(port: here.port), workspace: other)
            #expect(theirs.isPage(200, "Programs with access") && theirs.body.contains("Elsewhere"), "\(theirs)")
            #expect(try await browser.get("\(Self.path)?workspace=\(other)").isPage(200, "Sign in"), "who is signed in here is not there")
            #expect(try await api.stage.opens(access))
        }
    }

    @Test func `who is not signed in sees the sign-in and is led back, also after a wrong password`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(Self.path)
            #expect(page.isPage(200, "Sign in") && page.body.contains("which programs may act for you") && !page.body.contains("Cancel"))
            let wrong = try await browser.submit(page, "login", [("email", fixture.email), ("password", "not that one")])
            #expect(wrong.isPage(422, "Sign in"), "\(wrong)")
            let right = try await browser.submit(wrong, "login", [("email", fixture.email), ("password", SignInFixture.password)])
            #expect(right.status == 303 && right["location"] == "consents?workspace=\(api.workspace)", "\(right)")
            let list = try await browser.follow(right)
            #expect(list.isPage(200, "Programs with access") && list.body.contains("There are none"))
            let out = try await browser.submit(list, "logout")
            #expect(out.status == 303)
            #expect(try await browser.get(Self.path).isPage(200, "Sign in"))
            #expect(try await browser.get("\(Self.path)?workspace=%zz").status == 400)
        }
    }
}
