import Identity
import Ledger
import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct SignInTests {
    @Test func `the cookie is renewed at the sign-in, for our pages only, and rests as a hash`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(fixture.path())
            let cookie = try #require(page["set-cookie"])
            #expect(cookie.hasSuffix("; Path=/api/oauth; HttpOnly; SameSite=Lax") && cookie.hasPrefix("voicera-session="), "\(cookie)")
            let before = try #require(browser.cookies["voicera-session"])
            #expect(try await browser.get(fixture.path())["set-cookie"] == nil)
            let reply = try await browser.submit(page, "login", [("email", fixture.email.uppercased()), ("password", SignInFixture.password)])
            let after = try #require(browser.cookies["voicera-session"])
            #expect(reply.status == 303 && reply.isMannered && after != before && after.utf8.count == 43)
            let hash = try #require(SessionSecret(after)?.hash)
            let rows = try await api.pool.query("SELECT hash FROM sessions")
            #expect(try rows.map { try $0.bytes(0) } == [hash])
            #expect(!api.lines.text.contains(after) && !api.lines.text.contains(before))

            // What the browser had before is nobody's.
            browser.cookies = ["voicera-session": before]
            #expect(try await browser.get(fixture.path()).isPage(200, "Sign in"))
        }
    }

    @Test func `a wrong password, an unknown account and one without a password are answered alike`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let bare: UserID = IdentifierSource.system.next()
            try await SignInFixture.addUser(bare, email: "bare@example.com", password: nil, workspace: api.workspace, on: api.pool)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(fixture.path())
            var bodies: Set<String> = []
            for email in [fixture.email, "nobody@example.com", "bare@example.com", "not an address", "' OR 1=1 --"] {
                let reply = try await browser.submit(page, "login", [("email", email), ("password", "wrong wrong wrong")])
                #expect(reply.isPage(422, "Sign in") && reply.body.contains("The e-mail address or the password is not right"), "\(reply)")
                #expect(reply.body.contains("<title>Error: Sign in"))
                bodies.insert(reply.body.replacing("value=\"\(email.replacing("'", with: "&#39;"))\"", with: ""))
            }
            #expect(bodies.count == 1, "\(bodies)")
            let log = api.lines.text
            #expect(log.contains("a sign-in was refused") && log.contains(fixture.user.description))
            for secret in ["wrong wrong", fixture.email, "nobody@example.com", SignInFixture.password] { #expect(!log.contains(secret), "\(secret)") }
        }
    }

    @Test func `what is missing is named where it is missing, and nothing is tried`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(fixture.path())
            for (typed, email, password) in [([], true, true), ([("email", "a@b.example")], false, true), ([("password", "x")], true, false)] {
                let reply = try await browser.submit(page, "login", typed)
                #expect(reply.isPage(422, "Sign in") && reply.body.contains("role=\"alert\""))
                #expect(reply.body.contains("id=\"email-error\"") == email && reply.body.contains("id=\"password-error\"") == password, "\(reply)")
            }
            #expect(try await browser.submit(page, "login", [("email", "a"), ("email", "b"), ("password", "x")]).status == 422)
        }
    }

    @Test func `a form of another browser, of another request or of nobody signs nobody in`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(fixture.path())
            let typed = [("email", fixture.email), ("password", SignInFixture.password)]
            let form = try #require(page.form("login"))
            let other = Browser(port: fixture.port)
            _ = try await other.get(fixture.path())
            #expect(try await other.post("/api/oauth/login", form + typed).isPage(403, "This page is out of date"))
            #expect(try await Browser(port: fixture.port).post("/api/oauth/login", form + typed).isPage(403, "This page is out of date"))
            let elsewhere = FormText.encode(fixture.parameters(["state": "other"]))
            #expect(try await browser.post("/api/oauth/login", [("request", elsewhere), form[1]] + typed).status == 403)
            #expect(try await browser.post("/api/oauth/login", form + typed, headers: ["Sec-Fetch-Site": "cross-site"]).status == 403)
            #expect(try await browser.post("/api/oauth/login", typed).status == 403, "a form without a request leads nowhere")
            #expect(try await api.number("SELECT count(*) FROM sessions") == 0)
            let stale = try await other.post("/api/oauth/login", form + typed)
            #expect(stale.body.contains("href=\"authorize?client_id="), "it can be begun again: \(stale)")
        }
    }

    @Test func `who was signed in long ago signs in again, also when the client asks for it`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (browser, page) = try await fixture.signIn()
            _ = try await browser.submit(page, "consent", [("decision", "allow")])
            #expect(try await browser.get(fixture.path()).answer?["code"] != nil)
            let asked = try await browser.get(fixture.path(["prompt": "login"]))
            #expect(asked.isPage(200, "Sign in"))
            let reply = try await browser.follow(try await browser.submit(asked, "login", [("email", fixture.email), ("password", SignInFixture.password)]))
            #expect(reply.answer?["code"] != nil, "asked once, not for ever: \(reply)")
            #expect(try await api.number("SELECT count(*) FROM sessions") == 1, "the session before it is over")
            try await api.pool.query("UPDATE sessions SET expires_at = now()")
            #expect(try await browser.get(fixture.path()).isPage(200, "Sign in"))
            #expect(try await browser.get(fixture.path(["prompt": "none"])).answer?["error"] == "login_required")
            try await SessionTable.prune(on: api.pool)
            #expect(try await api.number("SELECT count(*) FROM sessions") == 0)
        }
    }

    @Test func `who signs out is out, and can go on as somebody else`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let (browser, page) = try await fixture.signIn()
            let before = browser.cookies
            let next = try await browser.follow(try await browser.submit(page, "logout"))
            #expect(next.isPage(200, "Sign in"), "\(next)")
            #expect(try await api.number("SELECT count(*) FROM sessions") == 0)
            let again = try await browser.follow(try await browser.submit(next, "login", [("email", fixture.email), ("password", SignInFixture.password)]))
            #expect(again.isPage(200, "Allow access?"))

            let out = try await browser.get("/api/oauth/logout")
            #expect(out.isPage(200, "Sign out?") && out.body.contains(fixture.email))
            #expect(try await browser.post("/api/oauth/logout", []).status == 403)
            #expect(try await browser.follow(try await browser.submit(out, "logout")).isPage(200, "You are signed out"))
            #expect(browser.cookies.isEmpty)
            browser.cookies = before
            #expect(try await browser.get("/api/oauth/logout").isPage(200, "You are signed out"))
        }
    }

    @Test func `over https the cookie is for https only`() async throws {
        try await TestAPI.run(publicURL: "https://voicera.example/base") { api in
            let fixture = try await SignInFixture.make(api)
            let page = try await Browser(port: fixture.port).get(fixture.path())
            #expect(page["set-cookie"]?.hasPrefix("__Secure-voicera-session=") == true)
            #expect(page["set-cookie"]?.hasSuffix("; Path=/base/api/oauth; HttpOnly; SameSite=Lax; Secure") == true, "\(page)")
            #expect(page.body.contains("iss=https%3A%2F%2Fvoicera.example%2Fbase"))
        }
    }

    @Test func `guesses are slowed down by account, whoever makes them`() async throws {
        var rates = SignInThrottle.Rates()
        rates.account.burst = 3
        try await TestAPI.run(rates: rates) { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(fixture.path())
            // The right one in between begins the count anew.
            for password in ["wrong wrong 1", "wrong wrong 2", SignInFixture.password] {
                _ = try await browser.submit(page, "login", [("email", fixture.email), ("password", password)])
            }
            let fresh = Browser(port: fixture.port)
            let form = try await fresh.get(fixture.path())
            for number in 0..<3 { #expect(try await fresh.submit(form, "login", [("email", fixture.email), ("password", "wrong wrong \(number)")]).status == 422) }
            for email in [fixture.email, " \(fixture.email.uppercased()) "] {
                let reply = try await fresh.submit(form, "login", [("email", email), ("password", SignInFixture.password)])
                #expect(reply.isPage(429, "Sign in") && (reply["retry-after"].flatMap { Int($0) } ?? 0) > 100, "\(reply)")
                #expect(reply.body.contains("There were too many tries"))
            }
            #expect(!api.lines.text.contains(fixture.email))
            // Of an account that there is not as well: else the answer would say which there are.
            for _ in 0..<3 { _ = try await fresh.submit(form, "login", [("email", "nobody@example.com"), ("password", "wrong wrong")]) }
            #expect(try await fresh.submit(form, "login", [("email", "nobody@example.com"), ("password", "wrong wrong")]).status == 429)
        }
    }

    @Test func `guesses are slowed down by address, and without Redis too`() async throws {
        var rates = SignInThrottle.Rates()
        rates.address.burst = 4
        let redis = try await TestRedis.exclusive()
        try await TestAPI.run(redisURL: redis.url, rates: rates) { api in
            let fixture = try await SignInFixture.make(api)
            let browser = Browser(port: fixture.port)
            let page = try await browser.get(fixture.path())
            for number in 0..<4 {
                #expect(try await browser.submit(page, "login", [("email", "user\(number)@example.com"), ("password", "wrong wrong")]).status == 422)
            }
            #expect(try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)]).status == 429)
            await redis.close()
            for number in 0..<4 {
                #expect(try await browser.submit(page, "login", [("email", "user\(number)@example.com"), ("password", "wrong wrong")]).status == 422)
            }
            #expect(try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)]).status == 429)
        }
    }
}
