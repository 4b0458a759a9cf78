import Foundation
import Identity
import Ledger
import Postgres
import Primitives
import Testing

/// Cases of the OpenID conformance suite about codes that come again, and of node-oidc-provider about what a used token is worth.
@Suite struct CodeReuseTests {
    /// codereuse, codereuse-30seconds, attempt-reuse-authorization-code-after-one-second: there is no time in which a code may come twice.
    @Test(arguments: [0, 1, 29, 31, 3600])
    func `a code that comes again ends what came of it, however much later`(seconds: Int) async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            let tokens = try await stage.redeem(code, client)
            let access = try #require(tokens.text("access_token"))
            try await api.pool.query(
                "UPDATE oauth_codes SET created_at = created_at - $1 * interval '1 second', expires_at = expires_at - $1 * interval '1 second'",
                [.int64(Int64(seconds))])
            #expect(try await stage.opens(access))
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(access) == false)
            #expect(try await stage.refresh(try #require(tokens.text("refresh_token")), client).isOAuthError("invalid_grant"))
            for text in [code, access, tokens.text("refresh_token") ?? ""] {
                let look = try await stage.form("/api/oauth/introspect", ["token": text], as: client)
                #expect(look.status == 200 && look.body == #"{"active":false}"#)
            }
        }
    }

    /// ensure-token-endpoint-fails-with-expired-auth-code
    @Test func `a code that nobody presented in time is over, and nothing comes of it`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let code = try await stage.makeCode(client)
            try await api.pool.query("UPDATE oauth_codes SET expires_at = now()")
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_grant"))
            #expect(try await api.number("SELECT count(*) FROM oauth_grants") == 0)
        }
    }

    /// ensure-authorization-code-is-bound-to-client
    @Test func `another client's try neither gets tokens nor ends anything, before and after the code was used`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (client, other) = (try await stage.makeClient(), try await stage.makeClient())
            let code = try await stage.makeCode(client)
            #expect(try await stage.redeem(code, other).isOAuthError("invalid_grant"))
            let access = try #require(try await stage.redeem(code, client).text("access_token"))
            #expect(try await stage.redeem(code, other).isOAuthError("invalid_grant"))
            #expect(try await stage.opens(access), "a stranger who saw the code cannot sign its owner out")
        }
    }

    @Test func `a token that expired and a code that was used are worth nothing to who asks`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient()
            let (used, fresh) = (try await stage.makeCode(client), try await stage.makeCode(client))
            _ = try await stage.redeem(used, client)
            let row = try #require(
                try await api.pool.query("SELECT id FROM oauth_grants WHERE client_id = $1", [.id(client.id.value)]).first?.id(0))
            var grant = try #require(try await GrantTable(pool: api.pool).findLive(GrantID(row))).grant
            grant.now -= 901 * 1_000_000
            let (expired, _) = try await api.oauth.accessTokens.sign(
                grant, clientID: client.clientID, scopes: [.jobsRead], lifetime: .seconds(900), proofKey: nil)
            for text in [used, fresh, expired.exposed] {
                let look = try await stage.form("/api/oauth/introspect", ["token": text], as: client)
                #expect(look.status == 200 && look.body == #"{"active":false}"#, "\(look)")
                #expect(try await stage.opens(text) == false)
            }
            #expect(try await stage.redeem(fresh, client).status == 200, "asking did not use it up")
        }
    }

    /// ensure-dpopproof-with-iat-10seconds-before-succeeds and -after-, check-dpop-proof-nbf-exp and dpop-negative-tests are with `DPoPProofTests`;
    /// here that the endpoint goes by it.
    @Test(arguments: [(-10, 200), (10, 200), (-120, 400), (120, 400)])
    func `a proof's time may differ by seconds, not by minutes`(later: Int, status: Int) async throws {
        try await TestAPI.run { api in
            let client = try await api.stage.makeClient(grants: ["client_credentials"])
            let proof = try ProofMaker().proof(method: "POST", url: api.oauth.issuer.url(of: "/api/oauth/token"), later: later)
            let answer = try await api.stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": proof])
            #expect(answer.status == status, "\(answer)")
        }
    }

    /// access-token-type-header-case-sensitivity
    @Test func `the scheme of a token is spelled in any case`() async throws {
        try await TestAPI.run { api in
            let client = try await api.stage.makeClient(grants: ["client_credentials"])
            let token = try #require(try await api.stage.token(["grant_type": "client_credentials"], client).text("access_token"))
            let open = api.client.with(key: nil)
            for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
                #expect(try await open.get("/api/jobs", headers: ["Authorization": "\(scheme) \(token)"]).status == 200)
            }
            #expect(try await open.get("/api/jobs", headers: ["Authorization": "Bear \(token)"]).status == 401)
        }
    }
}
