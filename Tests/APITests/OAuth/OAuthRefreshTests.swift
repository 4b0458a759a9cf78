import Identity
import Ledger
import Postgres
import Primitives
import Testing

@Suite struct OAuthRefreshTests {
    @Test func `each refresh brings the next token, and what came before is good no more`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(method: "none")
            var token = try await stage.tokens(client).refresh
            for _ in 0..<3 {
                let answer = try await stage.refresh(token, client)
                #expect(answer.status == 200)
                #expect(try await stage.opens(try #require(answer.text("access_token"))))
                let next = try #require(answer.text("refresh_token"))
                #expect(next != token)
                token = next
            }
        }
    }

    @Test func `reuse of a public client's token ends the whole family at once`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(method: "none")
            let tokens = try await stage.tokens(client)
            let second = try await stage.refresh(tokens.refresh, client)
            #expect(try await stage.opens(tokens.access), "and is remembered")
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_grant"))
            #expect(try await stage.refresh(try #require(second.text("refresh_token")), client).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(tokens.access) == false, "at once, whatever was remembered")
            #expect(try await stage.opens(try #require(second.text("access_token"))) == false)
            #expect(try await api.number("SELECT count(*) FROM oauth_grants WHERE revoked_reason = 'refresh_token_reused'") == 1)
        }
    }

    @Test func `a client with a secret that lost the answer is given it again, so often and no more`() async throws {
        var settings = OAuthSettings()
        settings.graceRepeats = 2
        try await TestAPI.run(settings: settings) { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            let next = try #require(try await stage.refresh(tokens.refresh, client).text("refresh_token"))
            for _ in 0..<2 {
                let again = try await stage.refresh(tokens.refresh, client)
                #expect(again.text("refresh_token") == next, "one chain, however often it is asked for")
                #expect(try await stage.opens(try #require(again.text("access_token"))))
            }
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_grant"))
            #expect(try await stage.refresh(next, client).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(tokens.access) == false)
        }
    }

    @Test func `after the grace reuse is a theft`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            let next = try #require(try await stage.refresh(tokens.refresh, client).text("refresh_token"))
            _ = try await api.pool.query("UPDATE oauth_refresh_tokens SET rotated_at = rotated_at - interval '31 seconds'")
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_grant"))
            #expect(try await stage.refresh(next, client).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(tokens.access) == false)
        }
    }

    @Test func `concurrent refreshes leave one living family`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let token = try await stage.tokens(client).refresh
            let answers = try await stage.atOnce(8) { try await stage.refresh(token, client) }
            #expect(answers.filter { $0.status == 200 }.count == 8)
            #expect(Set(answers.compactMap { $0.text("refresh_token") }).count == 1, "one chain")
            #expect(try await api.number("SELECT count(*) FROM oauth_grants WHERE revoked_at IS NULL") == 1)
            #expect(try await api.number("SELECT count(*) FROM oauth_refresh_tokens WHERE rotated_at IS NULL") == 1)
            let next = try await stage.refresh(try #require(answers.first?.text("refresh_token")), client)
            #expect(next.status == 200)
            #expect(try await stage.opens(try #require(next.text("access_token"))))
        }
    }

    @Test func `of a public client's refreshes that are under way together one wins, and the others are no theft`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(method: "none")
            let row = try #require(try await api.oauth.clients.find(clientID: client.clientID))
            let token = try await stage.tokens(client).refresh
            let grants = api.oauth.grants
            // All have been here since before the first of them began.
            let results = await withTaskGroup(of: Result<String?, any Error>.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            let issued = try await grants.refresh(token, scope: nil, client: row, proofKey: nil, underWay: .seconds(60))
                            return .success(issued.refreshToken?.exposed)
                        } catch { return .failure(error) }
                    }
                }
                var results: [Result<String?, any Error>] = []
                for await result in group { results.append(result) }
                return results
            }
            let winners = results.compactMap { try? $0.get() }
            #expect(winners.count == 1)
            #expect(try await api.number("SELECT count(*) FROM oauth_grants WHERE revoked_at IS NULL") == 1)
            let next = try await stage.refresh(try #require(winners.first), client)
            #expect(next.status == 200)
            #expect(try await stage.opens(try #require(next.text("access_token"))))
        }
    }

    @Test func `scope may shrink for an access token, never grow, and the family keeps all of it`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(scopes: ["jobs:read", "jobs:write", "logs:read"])
            let tokens = try await stage.tokens(client)
            #expect(try await stage.refresh(tokens.refresh, client, scope: "jobs:read logs:read").isOAuthError("invalid_scope"), "the user said no")
            let slim = try await stage.refresh(tokens.refresh, client, scope: "jobs:read")
            #expect(slim.text("scope") == "jobs:read")
            let whole = try await stage.refresh(try #require(slim.text("refresh_token")), client)
            #expect(whole.text("scope") == "jobs:read jobs:write")
        }
    }

    @Test func `a token is its client's alone, and another's try does not use it up`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, other) = (try await stage.makeClient(), try await stage.makeClient())
            let tokens = try await stage.tokens(client)
            #expect(try await stage.refresh(tokens.refresh, other).isOAuthError("invalid_grant"))
            #expect(try await stage.refresh(tokens.access, client).isOAuthError("invalid_grant"))
            #expect(try await stage.refresh("vor_" + String(repeating: "a", count: 43), client).isOAuthError("invalid_grant"))
            #expect(try await stage.token(["grant_type": "refresh_token"], client).isOAuthError("invalid_request"))
            #expect(try await stage.refresh(tokens.refresh, client).status == 200)
        }
    }

    @Test func `a token that nobody used for long is over, and so is one of a grant that has had its time`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let (idle, old) = (try await stage.tokens(client), try await stage.tokens(client))
            let days = try await api.number("SELECT max(round(extract(epoch FROM expires_at - now()) / 86400))::bigint FROM oauth_refresh_tokens")
            let year = try await api.number("SELECT max(round(extract(epoch FROM expires_at - now()) / 86400))::bigint FROM oauth_grants")
            #expect(days == 30 && year == 365)
            let hash = try #require(OpaqueToken(idle.refresh, .refresh)).hash
            _ = try await api.pool.query("UPDATE oauth_refresh_tokens SET expires_at = now() - interval '1 second' WHERE hash = $1", [.bytes(hash)])
            #expect(try await stage.refresh(idle.refresh, client).isOAuthError("invalid_grant"))
            #expect(try await api.number("SELECT count(*) FROM oauth_grants WHERE revoked_at IS NOT NULL") == 0, "it is no theft")
            _ = try await api.pool.query("UPDATE oauth_grants SET expires_at = now() - interval '1 second'")
            #expect(try await stage.refresh(old.refresh, client).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(old.access) == false)
        }
    }

    @Test func `no access token is good for longer than its grant`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            _ = try await api.pool.query("UPDATE oauth_grants SET expires_at = now() + interval '100 seconds'")
            let answer = try await stage.refresh(tokens.refresh, client)
            let seconds = try #require(answer.int("expires_in"), "\(answer)")
            #expect(seconds > 80 && seconds <= 100)
            let token = try #require(answer.text("access_token"))
            let claims = try RawJSON(try #require(Base64URL.decode(token.split(separator: ".")[1])))
            #expect(claims["exp"]?.integer == claims["iat"]?.integer.map { $0 + Int64(seconds) })
        }
    }

    @Test func `a token that expired is not given again within the grace`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            #expect(try await stage.refresh(tokens.refresh, client).status == 200)
            _ = try await api.pool.query("UPDATE oauth_refresh_tokens SET expires_at = now() - interval '1 second' WHERE rotated_at IS NOT NULL")
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_grant"))
        }
    }
}
