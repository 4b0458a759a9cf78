import Identity
import Primitives
import Testing

@Suite struct OAuthRevocationTests {
    @Test(arguments: [nil, "refresh_token", "access_token", "nonsense"] as [String?], [true, false])
    func `either token ends the grant, whatever the hint says`(hint: String?, isRefresh: Bool) async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            var fields = ["token": isRefresh ? tokens.refresh : tokens.access]
            fields["token_type_hint"] = hint
            #expect(try await stage.opens(tokens.access), "and is remembered")
            for _ in 0..<2 {
                let answer = try await stage.form("/api/oauth/revoke", fields, as: client)
                #expect(answer.status == 200 && answer.headers["cache-control"] == "no-store", "again and again")
            }
            #expect(try await stage.opens(tokens.access) == false)
            #expect(try await stage.refresh(tokens.refresh, client).isOAuthError("invalid_grant"))
        }
    }

    @Test func `a rotated token ends the family, too`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let tokens = try await stage.tokens(client)
            let next = try await stage.refresh(tokens.refresh, client)
            #expect(try await stage.form("/api/oauth/revoke", ["token": tokens.refresh], as: client).status == 200)
            #expect(try await stage.refresh(try #require(next.text("refresh_token")), client).isOAuthError("invalid_grant"))
        }
    }

    @Test func `another client's token stays as it is`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, other) = (try await stage.makeClient(), try await stage.makeClient())
            let tokens = try await stage.tokens(client)
            for token in [tokens.access, tokens.refresh, "unknown", "a.b.c", "vor_" + String(repeating: "a", count: 43)] {
                #expect(try await stage.form("/api/oauth/revoke", ["token": token], as: other).status == 200)
            }
            #expect(try await stage.opens(tokens.access))
            #expect(try await stage.refresh(tokens.refresh, client).status == 200)
        }
    }

    @Test func `a client has to prove itself, and say which token`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            #expect(try await stage.form("/api/oauth/revoke", [:], as: client).isOAuthError("invalid_request"))
            #expect(try await stage.form("/api/oauth/revoke", ["token": "x"], as: nil).isOAuthError("invalid_client", status: 401))
            #expect(try await stage.post("/api/oauth/revoke", "token=a&token=b&client_id=\(client.clientID)").isOAuthError("invalid_request"))
        }
    }

    @Test func `a public client gives its own tokens back`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(method: "none")
            let tokens = try await stage.tokens(client)
            #expect(try await stage.form("/api/oauth/revoke", ["token": tokens.refresh], as: client).status == 200)
            #expect(try await stage.opens(tokens.access) == false)
        }
    }

    @Test func `a client for itself gives one token back and keeps the others`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let first = try #require(try await stage.token(["grant_type": "client_credentials"], client).text("access_token"))
            let second = try #require(try await stage.token(["grant_type": "client_credentials"], client).text("access_token"))
            #expect(try await stage.form("/api/oauth/revoke", ["token": first], as: client).status == 200)
            #expect(try await stage.opens(first) == false)
            #expect(try await stage.opens(second))
        }
    }
}
