import Foundation
import Identity
import LocalStack
import Postgres
import Primitives
import TestSupport
import Testing

/// What is wrong with a request as such, or with us, in the words of OAuth.
@Suite struct OAuthMannersTests {
    private static let forms = ["/api/oauth/token", "/api/oauth/revoke", "/api/oauth/introspect", "/api/oauth/par"]

    @Test func `a body that is too large or of another kind is an error of OAuth`() async throws {
        try await TestAPI.run { api in
            for path in Self.forms {
                let large = try await api.stage.post(path, "token=" + String(repeating: "a", count: 70_000))
                #expect(large.isOAuthError("invalid_request", status: 413), "\(large)")
                for type in ["application/json", "text/plain", "application/x-www-form-urlencoded; charset=latin1"] {
                    let other = try await api.stage.post(path, "token=x", headers: ["Content-Type": type])
                    #expect(other.isOAuthError("invalid_request", status: 415), "\(type): \(other)")
                }
                #expect(try await api.stage.post(path, "token=%zz").isOAuthError("invalid_request"))
            }
        }
    }

    @Test func `a registration that is no JSON, or too much of it, is an error of OAuth`() async throws {
        var settings = OAuthSettings()
        settings.registrationToken = Redacted("an initial access token")
        try await TestAPI.run(settings: settings) { api async throws in
            let client = api.client.with(key: "an initial access token")
            #expect(try await client.post("/api/oauth/register", "{").isOAuthError("invalid_request"))
            #expect(try await client.post("/api/oauth/register", "{}", headers: ["Content-Type": "text/plain"]).isOAuthError("invalid_request", status: 415))
            let large = #"{"client_name":"\#(String(repeating: "a", count: 300_000))"}"#
            #expect(try await client.post("/api/oauth/register", large).isOAuthError("invalid_request", status: 413))
        }
    }

    @Test func `while Postgres is away OAuth says so in its own words, and goes on afterwards`() async throws {
        let server = try await TestPostgres.exclusive()
        var settings = OAuthSettings()
        settings.registrationToken = Redacted("an initial access token")
        try await TestAPI.run(database: server.url, settings: settings) { api in
            let stage = api.stage
            let client = try await stage.makeClient(grants: ["client_credentials"])
            await server.stopImmediately()
            for path in Self.forms {
                let answer = try await stage.form(path, ["token": "vor_x", "grant_type": "client_credentials"], as: client)
                #expect(answer.isOAuthError("temporarily_unavailable", status: 503) && answer.headers["retry-after"] == "1", "\(path): \(answer)")
            }
            let registering = try await api.client.with(key: "an initial access token").post(
                "/api/oauth/register", #"{"redirect_uris":["https://r.example/cb"]}"#)
            #expect(registering.isOAuthError("temporarily_unavailable", status: 503), "\(registering)")
            let page = try await Browser(port: api.client.port).get("/api/oauth/authorize?client_id=\(client.clientID)")
            #expect(page.isPage(503, "Try again in a moment") && page["retry-after"] != nil, "\(page)")
            #expect(try await api.client.with(key: nil).get("/.well-known/oauth-authorization-server").status == 200, "what is known is told all the same")
            try await server.restart()
            try await eventually("tokens are given again") { try await stage.token(["grant_type": "client_credentials"], client).status == 200 }
        }
        await server.close()
    }

    /// discovery-end-point-verification
    @Test func `an issuer with a path is described below the well-known part, over HTTP`() async throws {
        let issuer = "https://api.example/voicera"
        try await TestAPI.run(publicURL: issuer) { api in
            let open = api.client.with(key: nil)
            for path in ["/.well-known/oauth-authorization-server/voicera", "/.well-known/oauth-authorization-server"] {
                let answer = try await open.get(path)
                #expect(answer.status == 200 && answer.text("issuer") == issuer && answer.text("token_endpoint") == issuer + "/api/oauth/token", "\(answer)")
            }
            let resource = try await open.get("/.well-known/oauth-protected-resource/voicera")
            #expect(resource.text("resource") == issuer && resource.value("authorization_servers") as? [String] == [issuer])
            let refused = try await open.get("/api/jobs")
            let named = "resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/voicera\""
            #expect(refused.headers["www-authenticate"]?.hasSuffix(named) == true, "\(refused)")
            #expect(try await open.get("/.well-known/oauth-authorization-server/other").status == 404)
        }
    }

    @Test func `a program that only names a client is not in that client's log, and one that was let in is`() async throws {
        try await TestAPI.run { api in
            let stage = api.stage
            let (open, closed) = (try await stage.makeClient(method: "none"), try await stage.makeClient())
            func workspaces(_ answer: Answer) async throws -> Int64 {
                let id = answer.headers["x-request-id"] ?? ""
                try await eventually("the log has \(id)") {
                    try await api.pool.query("SELECT 1 FROM integration_log WHERE request_id = $1", [.text(id)]).count == 1
                }
                return try await api.pool.query(
                    "SELECT count(*) FROM integration_log WHERE request_id = $1 AND workspace_id = $2", [.text(id), .id(api.workspace.value)]
                ).first?.int64(0) ?? -1
            }
            for answer in [
                try await stage.redeem("voc_guess", open), try await stage.refresh("vor_guess", open),
                try await stage.form("/api/oauth/revoke", ["token": "vor_guess"], as: open),
                try await stage.form("/api/oauth/par", ["response_type": "code"], as: open),
                try await stage.form("/api/oauth/introspect", ["token": "x"], as: open),
                try await stage.token(["grant_type": "client_credentials"], .init(id: closed.id, clientID: closed.clientID, secret: "vos_guess")),
            ] {
                #expect(try await workspaces(answer) == 0, "\(answer)")
            }
            #expect(try await workspaces(try await stage.redeem("voc_guess", closed)) == 1, "it proved who it is")
            #expect(try await workspaces(try await stage.redeem(try await stage.makeCode(open), open)) == 1, "it had a code that only it was given")
        }
    }
}
