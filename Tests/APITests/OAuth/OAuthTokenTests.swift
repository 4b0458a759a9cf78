import Foundation
import Identity
import Primitives
import Testing

@Suite struct OAuthTokenTests {
    @Test func `a client acts for itself, without a refresh token`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let answer = try await stage.token(["grant_type": "client_credentials"], client)
            #expect(answer.status == 200 && answer.value("refresh_token") == nil)
            #expect(answer.text("scope") == "jobs:read jobs:write" && answer.text("token_type") == "Bearer" && answer.int("expires_in") == 900)
            let token = try #require(answer.text("access_token"))
            let known = try await api.oauth.accessTokens.verify(token)
            #expect(known?.credential.principal == .client(client.id) && known?.credential.workspace == api.workspace)
            #expect(try await stage.opens(token))
        }
    }

    @Test func `scopes may be fewer than the client's, never more`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let fewer = try await stage.token(["grant_type": "client_credentials", "scope": "jobs:write"], client)
            #expect(fewer.text("scope") == "jobs:write")
            #expect(try await stage.opens(try #require(fewer.text("access_token"))) == false)
            for scope in ["operator", "jobs:read operator", "jobs:everything", "jobs:read\tjobs:write", "*"] {
                #expect(try await stage.token(["grant_type": "client_credentials", "scope": scope], client).isOAuthError("invalid_scope"), "\(scope)")
            }
            // The order is no matter, nor is an unknown parameter (RFC 6749 §3.2).
            let other = try await stage.token(["grant_type": "client_credentials", "scope": "jobs:write jobs:read", "unknown": "1"], client)
            #expect(other.text("scope") == "jobs:read jobs:write")
        }
    }

    @Test func `a client uses only the grants that it has, and there are three`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let machine = try await stage.makeClient(grants: ["client_credentials"])
            let program = try await stage.makeClient()
            #expect(try await stage.token(["grant_type": "client_credentials"], program).isOAuthError("unauthorized_client"))
            #expect(try await stage.redeem("x", machine).isOAuthError("unauthorized_client"))
            #expect(try await stage.refresh("x", machine).isOAuthError("unauthorized_client"))
            for type in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "x"] {
                let answer = try await stage.token(["grant_type": type, "username": "a", "password": "b"], program)
                #expect(answer.isOAuthError("unsupported_grant_type"), "\(type)")
            }
            #expect(try await stage.token([:], program).isOAuthError("invalid_request"))
        }
    }

    @Test func `a parameter that comes twice is refused, and so is a form that is none`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let basic = ["Authorization": OAuthStage.basic(client.clientID, try #require(client.secret))]
            for body in [
                "grant_type=client_credentials&grant_type=client_credentials", "grant_type=client_credentials&scope=jobs:read&scope=jobs:read",
                "grant_type=client_credentials&x=1&x=2", "grant_type=client_credentials&scope=%zz", "grant_type=client_credentials&scope=%ff",
                "grant_type=client_credentials&scope=%00", "grant_type=client_credentials&a" + String(repeating: "&a=1", count: 200),
            ] {
                #expect(try await stage.post("/api/oauth/token", body, headers: basic).isOAuthError("invalid_request"), "\(body.prefix(60))")
            }
            let json = try await stage.post(
                "/api/oauth/token", #"{"grant_type":"client_credentials"}"#, headers: basic.merging(["Content-Type": "application/json"]) { $1 })
            #expect(json.isOAuthError("invalid_request", status: 415))
            let large = try await stage.post("/api/oauth/token", "a=" + String(repeating: "a", count: 70_000), headers: basic)
            #expect(large.isOAuthError("invalid_request", status: 413))
            let query = try await stage.post(
                "/api/oauth/token?grant_type=client_credentials&client_id=\(client.clientID)&client_secret=\(try #require(client.secret))", "")
            #expect(query.status == 400 || query.status == 401)
        }
    }

    @Test func `the endpoints take POST and nothing else`() async throws {
        try await TestAPI.run { api in
            for path in ["token", "revoke", "introspect"] {
                let answer = try await api.client.with(key: nil).get("/api/oauth/\(path)")
                #expect(answer.status == 405 && answer.headers["allow"] == "OPTIONS, POST")
            }
        }
    }

    @Test func `an answer is for nobody to keep, and a refusal has letters that it may have`() async throws {
        try await TestAPI.run { api in
            let answer = try await api.stage.post("/api/oauth/token", "grant_type=%22%5C%0A%C3%A9&client_id=%22%5C%0A%C3%A9")
            #expect(answer.isOAuthError("invalid_client", status: 401))
            let description = try #require(answer.text("error_description"))
            #expect(description.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) && $0 != "\"" && $0 != "\\" })
        }
    }

    @Test func `a token that is bound to a key is no bearer's`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            let url = api.oauth.issuer.url(of: "/api/oauth/token")
            let maker = ProofMaker()
            let proof = try maker.proof(method: "POST", url: url)
            let answer = try await stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": proof])
            #expect(answer.status == 200 && answer.text("token_type") == "DPoP")
            let token = try #require(answer.text("access_token"))
            #expect(try await api.oauth.accessTokens.verify(token)?.proofKey == maker.thumbprint)
            #expect(try await stage.opens(token) == false)
            let bare = api.client.with(key: nil)
            let resource = { (proof: String?) in
                try await bare.get("/api/jobs", headers: ["Authorization": "DPoP \(token)"].merging(proof.map { ["DPoP": $0] } ?? [:]) { $1 })
            }
            let (jobs, other) = (api.oauth.issuer.url(of: "/api/jobs"), ProofMaker())
            let good = try maker.proof(method: "GET", url: jobs, token: token)
            #expect(try await resource(good).status == 200)
            let bad = [
                nil, good, try maker.proof(method: "GET", url: jobs), try maker.proof(method: "POST", url: jobs, token: token),
                try maker.proof(method: "GET", url: url, token: token), try other.proof(method: "GET", url: jobs, token: token),
            ]
            for proof in bad {
                let refused = try await resource(proof)
                #expect(refused.isProblem(401, "invalid_proof") && refused.headers["www-authenticate"]?.hasPrefix("DPoP ") == true, "\(refused)")
            }
            #expect(
                try await stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": proof]).isOAuthError("invalid_dpop_proof"),
                "its second use")
            for bad in [try maker.proof(method: "GET", url: url), try maker.proof(method: "POST", url: url + "/x"), "x", ""] where !bad.isEmpty {
                #expect(try await stage.token(["grant_type": "client_credentials"], client, headers: ["DPoP": bad]).isOAuthError("invalid_dpop_proof"))
            }
        }
    }

    @Test func `a code and a public client's refresh tokens stay with the key that they began with`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let client = try await stage.makeClient(method: "none")
            let url = api.oauth.issuer.url(of: "/api/oauth/token")
            let (maker, other) = (ProofMaker(), ProofMaker())
            let code = try await stage.makeCode(client, proofKey: maker.thumbprint)
            #expect(try await stage.redeem(code, client).isOAuthError("invalid_dpop_proof"))
            let strange = try other.proof(method: "POST", url: url)
            #expect(try await stage.redeem(code, client, headers: ["DPoP": strange]).isOAuthError("invalid_dpop_proof"))
            let first = try await stage.redeem(code, client, headers: ["DPoP": try maker.proof(method: "POST", url: url)])
            let refresh = ["grant_type": "refresh_token", "refresh_token": try #require(first.text("refresh_token"))]
            #expect(try await stage.token(refresh, client).isOAuthError("invalid_dpop_proof"))
            #expect(try await stage.token(refresh, client, headers: ["DPoP": try other.proof(method: "POST", url: url)]).isOAuthError("invalid_dpop_proof"))
            let second = try await stage.token(refresh, client, headers: ["DPoP": try maker.proof(method: "POST", url: url)])
            #expect(second.status == 200 && second.text("token_type") == "DPoP")
        }
    }
}
