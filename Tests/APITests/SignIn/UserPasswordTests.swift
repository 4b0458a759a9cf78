import Foundation
import Identity
import Ledger
import Postgres
import Primitives
import Testing

@Suite struct UserPasswordTests {
    private func set(_ password: String, _ fixture: SignInFixture, by client: Client? = nil) async throws -> Answer {
        try await (client ?? fixture.api.client).send("PUT", "/api/users/\(fixture.user)/password", body: Data(#"{"password":"\#(password)"}"#.utf8))
    }

    @Test func `a new password is good at once, ends the sessions of the old one, and rests as scrypt`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let browser = try await fixture.signIn().browser
            #expect(try await set("a new passwörd", fixture).status == 204)
            #expect(try await browser.get(fixture.path()).isPage(200, "Sign in"))
            let page = try await browser.get(fixture.path())
            #expect(try await browser.submit(page, "login", [("email", fixture.email), ("password", SignInFixture.password)]).status == 422)
            #expect(try await browser.submit(page, "login", [("email", fixture.email), ("password", "a new passwo\u{308}rd")]).status == 303)
            let stored = try await api.pool.query("SELECT hash FROM passwords").first?.text(0) ?? ""
            #expect(stored.hasPrefix("$scrypt$ln=4,r=8,p=1$") && !stored.contains("passw"))
            let actions = try await api.client.get("/api/operator-actions")
            #expect(actions.text("data.0.action") == "users.set_password" && !actions.body.contains("passwörd"), "\(actions)")
            #expect(!api.lines.text.contains("passwörd"))

            #expect(try await api.client.send("DELETE", "/api/users/\(fixture.user)/password").status == 204)
            #expect(try await api.client.send("DELETE", "/api/users/\(fixture.user)/password").status == 204)
            #expect(try await browser.get(fixture.path()).isPage(200, "Sign in"))
        }
    }

    @Test(arguments: ["PUT", "DELETE"])
    func `with a password everything ends that programs were let do under it`(method: String) async throws {
        try await TestAPI.run { api in
            let (fixture, other) = (try await SignInFixture.make(api), try await SignInFixture.make(api))
            let tokens = try await fixture.redeem(try await fixture.code(["scope": "jobs:read"]))
            let theirs = try await other.redeem(try await other.code(["scope": "jobs:read"]))
            let waiting = try await fixture.code(["scope": "jobs:read"])
            let access = try #require(tokens.text("access_token"))
            #expect(try await api.stage.opens(access))
            let body = method == "PUT" ? Data(#"{"password":"another password"}"#.utf8) : nil
            #expect(try await api.client.send(method, "/api/users/\(fixture.user)/password", body: body).status == 204)
            #expect(try await api.stage.opens(access) == false)
            let refreshed = try await fixture.redeem(
                "", ["grant_type": "refresh_token", "refresh_token": tokens.text("refresh_token"), "code": nil, "code_verifier": nil, "redirect_uri": nil])
            #expect(refreshed.isOAuthError("invalid_grant"), "\(refreshed)")
            #expect(try await fixture.redeem(waiting).isOAuthError("invalid_grant"), "a code that was not presented yet, too")
            #expect(try await api.stage.opens(theirs.text("access_token") ?? ""), "another user's go on")
        }
    }

    @Test(arguments: ["", "short", String(repeating: "x", count: 201), "with a NUL \\u0000 in it"]) func `a password that is none is refused`(password: String) async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let answer = try await set(password, fixture)
            #expect(answer.isProblem(422, "validation_failed") && answer.text("errors.0.pointer") == "/password", "\(answer)")
            #expect(!answer.body.contains("short password"))
        }
    }

    @Test func `nobody hands out by a password what they do not have themselves`() async throws {
        try await TestAPI.run { api in
            let (admin, learner) = (try await SignInFixture.make(api), try await SignInFixture.make(api, role: "learner"))
            let weak = try await api.client(workspace: api.workspace, scopes: [.usersWrite, .coursesRead])
            #expect(try await set("another password", admin, by: weak).isProblem(403, "missing_scope"))
            #expect(try await set("another password", learner, by: weak).status == 204)
            #expect(try await weak.send("DELETE", "/api/users/\(admin.user)/password").status == 403)
            #expect(try await set("another password", admin, by: try await api.client(workspace: api.workspace, scopes: [.usersRead])).status == 403)
            let fleetless = try await api.client(workspace: api.workspace, scopes: Scope.all.subtracting([.fleet]))
            #expect(try await set("another password", admin, by: fleetless).status == 204)
        }
    }

    @Test func `a user who is not there has no password and no consents`() async throws {
        try await TestAPI.run { api async throws in
            for id in [UserID(IdentifierSource.system.next()).description, "user_x", "x"] {
                #expect(try await api.client.send("PUT", "/api/users/\(id)/password", body: Data(#"{"password":"long enough"}"#.utf8)).status == 404)
                #expect(try await api.client.get("/api/users/\(id)/consents").status == 404)
                #expect(try await api.client.send("DELETE", "/api/users/\(id)/password").status == 404)
            }
        }
    }

    @Test func `a password hashed at another cost is hashed anew when its owner signs in`() async throws {
        try await TestAPI.run { api in
            let fixture = try await SignInFixture.make(api)
            let old = try await Passwords(cost: PasswordCost(logarithm: 3, blockSize: 8, parallelism: 1)).hash(Redacted(SignInFixture.password))
            try await api.pool.query("UPDATE passwords SET hash = $1", [.text(old)])
            _ = try await fixture.signIn()
            #expect(try await api.pool.query("SELECT hash FROM passwords").first?.text(0).hasPrefix("$scrypt$ln=4,") == true)
            _ = try await fixture.signIn()
        }
    }
}
