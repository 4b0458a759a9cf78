import Foundation
import Identity
import Primitives
import Testing

/// RFC 9449 §8 and §9, where `OAUTH_DPOP_NONCES` is on.
@Suite struct ProofNonceRouteTests {
    private static func run(_ body: (TestAPI) async throws -> Void) async throws {
        var settings = OAuthSettings()
        settings.requiresNonces = true
        try await TestAPI.run(settings: settings, body)
    }

    @Test func `the token endpoint asks for a nonce, and takes the proof that names it`() async throws {
        try await Self.run { api in
            let (stage, maker) = (api.stage, ProofMaker())
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let url = api.oauth.issuer.url(of: "/api/oauth/token")
            let ask = { (nonce: String?) in
                let proof = try maker.proof(method: "POST", url: url, nonce: nonce)
                return try await stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": proof])
            }
            let refused = try await ask(nil)
            #expect(refused.isOAuthError("use_dpop_nonce"), "\(refused)")
            let nonce = try #require(refused.headers["dpop-nonce"])
            #expect(try await ask("made up").isOAuthError("use_dpop_nonce"))
            let answer = try await ask(nonce)
            #expect(answer.status == 200 && answer.text("token_type") == "DPoP", "\(answer)")
            let next = try #require(answer.headers["dpop-nonce"], "the next one comes with the answer")
            #expect(try await ask(next).status == 200)
            #expect(try await ask(nonce).status == 200, "a nonce is for a time, not for one use: the proof's own id is")
            let bearer = try await stage.token(["grant_type": "client_credentials"], client)
            #expect(bearer.status == 200 && bearer.headers["dpop-nonce"] == nil, "who proves no key needs none")
        }
    }

    @Test func `a resource asks for a nonce, and takes the proof that names it`() async throws {
        try await Self.run { api in
            let (stage, maker) = (api.stage, ProofMaker())
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let url = api.oauth.issuer.url(of: "/api/oauth/token")
            let first = try await stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": maker.proof(method: "POST", url: url)])
            let proof = try maker.proof(method: "POST", url: url, nonce: first.headers["dpop-nonce"])
            let token = try #require(try await stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": proof]).text("access_token"))
            let bare = api.client.with(key: nil)
            let jobs = api.oauth.issuer.url(of: "/api/jobs")
            let get = { (nonce: String?) in
                let proof = try maker.proof(method: "GET", url: jobs, token: token, nonce: nonce)
                return try await bare.get("/api/jobs", headers: ["Authorization": "DPoP \(token)", "DPoP": proof])
            }
            let refused = try await get(nil)
            #expect(refused.isProblem(401, "proof_needs_nonce"), "\(refused)")
            #expect(refused.headers["www-authenticate"]?.hasPrefix("DPoP error=\"use_dpop_nonce\"") == true)
            #expect(try await get(refused.headers["dpop-nonce"]).status == 200)
            #expect(try await get("AAAA").isProblem(401, "proof_needs_nonce"))
        }
    }

    @Test func `a pushed request needs one, too`() async throws {
        try await Self.run { api in
            let fixture = try await SignInFixture.make(api)
            let maker = ProofMaker()
            var fields = fixture.parameters()
            if let secret = fixture.secret { fields.append(("client_secret", secret)) }
            let push = { (nonce: String?) in
                let proof = try maker.proof(method: "POST", url: fixture.issuer + "/api/oauth/par", nonce: nonce)
                return try await Browser(port: fixture.port).post("/api/oauth/par", body: FormText.encode(fields), headers: ["DPoP": proof])
            }
            let refused = try await push(nil)
            #expect(refused.status == 400 && refused.body.contains("use_dpop_nonce"), "\(refused)")
            let taken = try await push(refused["dpop-nonce"])
            #expect(taken.status == 201 && taken["dpop-nonce"] != nil, "\(taken)")
        }
    }

    @Test func `where nonces are off nobody is given one, and one that is named does no harm`() async throws {
        try await TestAPI.run { api in
            let client = try await api.stage.makeClient(grants: ["client_credentials"])
            let proof = try ProofMaker().proof(method: "POST", url: api.oauth.issuer.url(of: "/api/oauth/token"), nonce: "of another server")
            let answer = try await api.stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": proof])
            #expect(answer.status == 200 && answer.headers["dpop-nonce"] == nil, "\(answer)")
        }
    }
}
