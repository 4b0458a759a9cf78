import Foundation
import Identity
import Postgres
import Primitives
import Testing

@Suite struct OAuthIntrospectionTests {
    private static let path = "/api/oauth/introspect"

    @Test func `a good token is told with all that it is`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let user = try await stage.makeUser()
            let tokens = try await stage.tokens(client, user: user)
            let access = try await stage.form(Self.path, ["token": tokens.access], as: client)
            #expect(access.status == 200 && access.headers["cache-control"] == "no-store")
            #expect(access.bool("active") == true && access.text("scope") == "jobs:read jobs:write" && access.text("client_id") == client.clientID)
            #expect(access.text("sub") == user.description && access.text("username") == user.description && access.text("token_type") == "Bearer")
            #expect(access.text("iss") == api.oauth.issuer.url && access.text("aud") == api.oauth.issuer.url && access.text("jti")?.isEmpty == false)
            let (issued, expires) = (try #require(access.int("iat")), try #require(access.int("exp")))
            #expect(expires - issued == 900)
            for hint in ["access_token", "refresh_token", "x"] {
                let refresh = try await stage.form(Self.path, ["token": tokens.refresh, "token_type_hint": hint], as: client)
                #expect(refresh.bool("active") == true && refresh.text("token_type") == "refresh_token")
            }
        }
    }

    @Test func `every token that is not good is not active, and nothing more is said`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, other) = (try await stage.makeClient(), try await stage.makeClient())
            let (foreign, rotated, revoked, code) = (
                try await stage.tokens(other), try await stage.tokens(client), try await stage.tokens(client), try await stage.makeCode(client)
            )
            _ = try await stage.refresh(rotated.refresh, client)
            _ = try await stage.form("/api/oauth/revoke", ["token": revoked.refresh], as: client)
            let parts = rotated.access.split(separator: ".")
            let texts = [
                foreign.access, foreign.refresh, rotated.refresh, revoked.access, revoked.refresh, code, "garbage", "a.b.c", "..",
                "\(parts[0]).\(parts[1]).\(String(repeating: "A", count: 86))", try #require(api.client.key),
            ]
            for text in texts {
                let answer = try await stage.form(Self.path, ["token": text], as: client)
                #expect(answer.status == 200 && answer.body == #"{"active":false}"#, "\(text.prefix(20)): \(answer)")
            }
            _ = try await api.pool.query("UPDATE oauth_refresh_tokens SET expires_at = now() - interval '1 second'")
            let expired = try await stage.tokens(client)
            _ = try await api.pool.query("UPDATE oauth_refresh_tokens SET expires_at = now() - interval '1 second'")
            #expect(try await stage.form(Self.path, ["token": expired.refresh], as: client).body == #"{"active":false}"#)
        }
    }

    @Test func `who asks has to have a secret, and prove it`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, open) = (try await stage.makeClient(), try await stage.makeClient(method: "none"))
            let tokens = try await stage.tokens(open)
            for caller in [nil, open] { #expect(try await stage.form(Self.path, ["token": tokens.access], as: caller).isOAuthError("invalid_client", status: 401)) }
            let bearer = try await stage.post(Self.path, "token=\(tokens.access)", headers: ["Authorization": "Bearer \(tokens.access)"])
            #expect(bearer.isOAuthError("invalid_client", status: 401))
            #expect(try await stage.form(Self.path, [:], as: client).isOAuthError("invalid_request"))
        }
    }
}
