import Foundation
import Identity
import Postgres
import Primitives
import Testing

@Suite struct OAuthCodeTests {
    @Test func `a code with its verifier becomes tokens of its user, its scopes and its workspace`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let user = try await stage.makeUser()
            let answer = try await stage.redeem(try await stage.makeCode(client, user: user), client)
            #expect(answer.status == 200)
            #expect(answer.headers["cache-control"] == "no-store" && answer.headers["pragma"] == "no-cache")
            #expect(answer.text("token_type") == "Bearer" && answer.int("expires_in") == 900 && answer.text("scope") == "jobs:read jobs:write")
            let token = try #require(answer.text("access_token"))
            let known = try #require(try await api.oauth.accessTokens.verify(token))
            #expect(known.credential == Credential(workspace: api.workspace, principal: .user(user, by: client.id), scopes: [.jobsRead, .jobsWrite]))
            #expect(try await stage.opens(token))
            #expect(try await api.client.with(key: token).get("/api/webhooks").isProblem(403, "missing_scope"))
        }
    }

    @Test func `a code that is presented again is refused, and everything that came of it ends`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            let first = try await stage.redeem(code, client)
            let access = try #require(first.text("access_token"))
            let refreshed = try await stage.refresh(try #require(first.text("refresh_token")), client)
            #expect(try await stage.opens(access))
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(access) == false)
            #expect(try await stage.opens(try #require(refreshed.text("access_token"))) == false)
            #expect(try await stage.refresh(try #require(refreshed.text("refresh_token")), client).isOAuthError("invalid_grant"))
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
        }
    }

    @Test func `of two that present a code at once, one at most gets tokens, and those do not live`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            let answers = try await stage.atOnce(8) { try await stage.redeem(code, client) }
            let winners = answers.filter { $0.status == 200 }
            #expect(winners.count == 1)
            #expect(answers.filter { $0.isOAuthError("invalid_grant") }.count == 7)
            #expect(try await stage.opens(try #require(winners.first?.text("access_token"))) == false)
        }
    }

    @Test func `who is given another role has programs that may no more than the role`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let user = try await stage.makeUser()
            let answer = try await stage.redeem(try await stage.makeCode(client, user: user), client)
            let token = try #require(answer.text("access_token"))
            #expect(try await stage.opens(token))
            #expect(try await api.client.send("PATCH", "/api/users/\(user)", body: Data(#"{"role":"learner"}"#.utf8)).status == 200)
            #expect(try await api.client.with(key: token).get("/api/jobs").isProblem(403, "missing_scope"), "at once, and for every token to come")
            let next = try await stage.refresh(try #require(answer.text("refresh_token")), client)
            #expect(try await stage.opens(next.text("access_token") ?? "") == false)
        }
    }

    @Test func `a consent that is taken back takes the codes along that were not presented yet`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let user = try await stage.makeUser()
            _ = try await stage.redeem(try await stage.makeCode(client, user: user), client)
            let code = try await stage.makeCode(client, user: user)
            #expect(try await api.client.send("DELETE", "/api/users/\(user)/consents/\(client.clientID)").status == 204)
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
        }
    }

    @Test func `a code is good for a minute`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            let left = try await api.number("SELECT round(extract(epoch FROM expires_at - now()))::bigint FROM oauth_codes")
            #expect((55...60).contains(left))
            _ = try await api.pool.query("UPDATE oauth_codes SET expires_at = now() - interval '1 microsecond'")
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
        }
    }

    @Test func `a code is its client's alone, and trying it does not use it up`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, other) = (try await stage.makeClient(), try await stage.makeClient())
            let code = try await stage.makeCode(client)
            #expect(try await stage.redeem(code, other).isOAuthError("invalid_grant"))
            var stranger = client
            stranger.secret = "vos_wrong"
            #expect(try await stage.redeem(code, stranger).isOAuthError("invalid_client", status: 401))
            #expect(try await stage.redeem(code, client).status == 200)
        }
    }

    @Test(arguments: [
        ("https://client.example/callback/", "invalid_grant"), ("https://client.example/other", "invalid_grant"),
        ("https://client.example/callback?x=1", "invalid_grant"), (nil, "invalid_grant"),
    ] as [(String?, String)])
    func `the redirect URI has to be the one of the authorization request`(uri: String?, error: String) async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            #expect(try await stage.redeem(code, client, changing: ["redirect_uri": uri]).isOAuthError(error))
            #expect(try await stage.redeem(code, client).status == 200)
        }
    }

    @Test func `a redirect URI that was left out stays out`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client, redirectURI: nil)
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
            #expect(try await stage.redeem(code, client, changing: ["redirect_uri": nil]).status == 200)
        }
    }

    @Test(arguments: [
        (nil, "invalid_request"), (String(OAuthStage.verifier.dropLast()), "invalid_request"), (String(repeating: "a", count: 129), "invalid_request"),
        (OAuthStage.verifier + "!", "invalid_request"), (OAuthStage.challenge, "invalid_grant"), (String(OAuthStage.verifier.reversed()), "invalid_grant"),
    ] as [(String?, String)])
    func `only the verifier that the challenge was made of is taken`(verifier: String?, error: String) async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(method: "none")
            let code = try await stage.makeCode(client)
            #expect(try await stage.redeem(code, client, changing: ["code_verifier": verifier]).isOAuthError(error))
            #expect(try await stage.redeem(code, client).status == 200)
        }
    }

    @Test func `a verifier is refused where no code was given`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            for text in ["", "x", "voc_" + String(repeating: "a", count: 43), "vor_" + String(repeating: "a", count: 43)] {
                let answer = try await stage.redeem(text, client)
                #expect(answer.isOAuthError(text.isEmpty ? "invalid_request" : "invalid_grant"), "\(text): \(answer)")
            }
        }
    }

    @Test func `a client without the refresh grant gets no refresh token, and its grant ends with the access token`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["authorization_code"])
            let answer = try await stage.redeem(try await stage.makeCode(client), client)
            #expect(answer.status == 200 && answer.value("refresh_token") == nil)
            #expect(try await api.number("SELECT count(*) FROM oauth_grants WHERE expires_at < now() + interval '16 minutes'") == 1)
        }
    }

    @Test func `a user who is gone takes the codes and tokens along`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let user = try await stage.makeUser()
            let tokens = try await stage.tokens(client, user: user)
            let code = try await stage.makeCode(client, user: user)
            #expect(try await stage.opens(tokens.access), "and is remembered")
            #expect(try await api.client.send("DELETE", "/api/users/\(user)").status == 204)
            #expect(try await stage.opens(tokens.access) == false, "at once")
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_grant"))
        }
    }

    @Test func `what rests in the ledger is neither code nor token`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            let answer = try await stage.redeem(code, client)
            let refresh = try #require(answer.text("refresh_token"))
            let again = try #require(try await stage.refresh(refresh, client).text("refresh_token"))
            var rows = ""
            for table in ["oauth_codes", "oauth_grants", "oauth_refresh_tokens", "oauth_clients", "signing_keys", "idempotency_keys"] {
                for row in try await api.pool.query("SELECT \(table)::text FROM \(table)") { rows += try row.text(0) }
            }
            let secrets = [code, refresh, again, try #require(client.secret), try #require(answer.text("access_token"))]
            for secret in secrets {
                #expect(!rows.contains(secret) && !api.lines.text.contains(secret))
                #expect(!rows.contains(secret.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()), "as bytes")
            }
        }
    }
}
