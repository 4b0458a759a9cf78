import Crypto
import Foundation
import Identity
import JWTKit
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct AccessTokenTests {
    @Test func `a token has every claim of RFC 9068 and says what it is`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        let parts = try await stage.token(server, scope: "jobs:read").split(separator: ".")
        let header = try RawJSON(try #require(Base64URL.decode(parts[0])))
        let claims = try RawJSON(try #require(Base64URL.decode(parts[1])))
        #expect(header["typ"]?.string == "at+jwt" && header["alg"]?.string == "ES256" && header["kid"]?.string?.utf8.count == 43)
        #expect(claims["iss"]?.string == "https://api.example" && claims["aud"]?.string == "https://api.example")
        #expect(claims["sub"]?.string == stage.client.clientID && claims["client_id"]?.string == stage.client.clientID)
        #expect(claims["scope"]?.string == "jobs:read" && claims["ws"]?.string == stage.workspace.description)
        let (issued, expires) = (try #require(claims["iat"]?.integer), try #require(claims["exp"]?.integer))
        #expect(expires - issued == 900 && claims["jti"]?.string?.isEmpty == false)
    }

    @Test func `a token is known by who signed it, until its grant or client ends`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        let token = try await stage.token(server)
        let known = try #require(try await server.accessTokens.verify(token))
        #expect(known.credential == Credential(workspace: stage.workspace, principal: .client(stage.client.id), scopes: [.jobsRead, .operator]))
        #expect(known.subjects.isSuperset(of: [stage.client.id.description, stage.workspace.description]) && known.subjects.count == 3)
        _ = try await stage.pool.query("UPDATE oauth_grants SET revoked_at = now()")
        #expect(try await server.accessTokens.verify(token) == nil)
        let other = try await stage.token(server)
        #expect(try await server.accessTokens.verify(other) != nil)
        #expect(try await server.clients.revoke(stage.client.id, workspace: stage.workspace))
        #expect(try await server.accessTokens.verify(other) == nil)
    }

    @Test func `the ledger's clock says when a token is over, and how long it may be remembered`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        let new = NewGrant(
            id: IdentifierSource.system.next(), workspace: stage.workspace, client: stage.client.id, scopes: ["jobs:read"], lifetime: .seconds(86_400))
        var grant = try await GrantTable(pool: stage.pool).insert(new)
        let now = grant.now
        for (age, isGood) in [(Int64(0), true), (897, true), (901, false), (86_000, false)] {
            // As it was signed so many seconds ago by the ledger, whatever clocks the processes have.
            grant.now = now - age * 1_000_000
            let (token, _) = try await server.accessTokens.sign(
                grant, clientID: stage.client.clientID, scopes: [.jobsRead], lifetime: .seconds(900), proofKey: nil)
            let known = try await server.accessTokens.verify(token.exposed)
            #expect((known != nil) == isGood, "\(age)")
            if let until = known?.expiresAt { #expect(abs(until - WallClock.now - (900 - age) * 1_000_000) < 20_000_000) }
        }
    }

    @Test func `a token of another issuer is none of ours, whoever signed it`() async throws {
        let stage = try await TokenStage()
        let (server, other) = (try stage.server(), try stage.server(issuer: "https://other.example"))
        let token = try await stage.token(other)
        #expect(try await other.accessTokens.verify(token) != nil)
        #expect(try await server.accessTokens.verify(token) == nil)
    }

    @Test func `a header cannot choose how a token is checked`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        let token = try await stage.token(server)
        let parts = token.split(separator: ".").map(String.init)
        let header = try RawJSON(try #require(Base64URL.decode(parts[0])))
        let kid = try #require(header["kid"]?.string)
        let row = try #require(try await SigningKeyTable(pool: stage.pool).list().first)
        let pem = try P256.Signing.PublicKey(x963Representation: row.publicKey).pemRepresentation
        var forged: [String] = []
        for (algorithm, key) in [("HS256", Data(row.publicKey)), ("HS256", Data(pem.utf8)), ("HS256", Data())] {
            let text = Base64URL.encode(Array(#"{"typ":"at+jwt","alg":"\#(algorithm)","kid":"\#(kid)"}"#.utf8)) + "." + parts[1]
            forged.append(text + "." + Base64URL.encode(Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))))
        }
        for header in [
            #"{"typ":"at+jwt","alg":"none","kid":"\#(kid)"}"#, #"{"typ":"at+jwt","alg":"none"}"#, #"{"typ":"at+jwt","alg":"RS256","kid":"\#(kid)"}"#,
            #"{"typ":"JWT","alg":"ES256","kid":"\#(kid)"}"#, #"{"alg":"ES256","kid":"\#(kid)"}"#, #"{"typ":"at+jwt","alg":"ES256"}"#,
            #"{"typ":"at+jwt","alg":"ES256","kid":"other"}"#, #"{"typ":"at+jwt","alg":"ES256","kid":"\#(kid)","crit":["x"]}"#,
        ] {
            let first = Base64URL.encode(Array(header.utf8))
            forged += ["\(first).\(parts[1]).\(parts[2])", "\(first).\(parts[1])."]
        }
        forged += ["", ".", "..", "\(parts[0]).\(parts[1])", token + ".x", token + "=", " " + token, parts[0] + "." + parts[1] + "." + String(parts[2].reversed())]
        for text in forged { #expect(try await server.accessTokens.verify(text) == nil, "\(text.prefix(40))") }
        #expect(try await server.accessTokens.verify(token) != nil)
    }

    @Test func `a token of another kind that the same key signed is no access token`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        let claims = try Self.claims(try await stage.token(server))
        #expect(try await server.accessTokens.verify(try await stage.forge(claims)) != nil, "the forger has the key indeed")
        #expect(try await server.accessTokens.verify(try await stage.forge(claims, type: "application/AT+JWT")) != nil)
        for type in ["JWT", "jwt", "dpop+jwt", "logout+jwt", ""] {
            #expect(try await server.accessTokens.verify(try await stage.forge(claims, type: type)) == nil, "\(type)")
        }
        let otherWorkspace = claims.replacing(stage.workspace.description, with: IdentifierSource.system.next(Workspace.self).description)
        #expect(otherWorkspace != claims)
        #expect(try await server.accessTokens.verify(try await stage.forge(otherWorkspace)) == nil)
    }

    @Test func `what the same key signed for somebody else, or with demands that we do not know, is no access token`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        let claims = try Self.claims(try await stage.token(server))
        for name in ["iss", "aud"] {
            let others = claims.replacing(#""\#(name)":"https://api.example""#, with: #""\#(name)":"https://files.example""#)
            #expect(others != claims)
            #expect(try await server.accessTokens.verify(try await stage.forge(others)) == nil, "\(name)")
        }
        #expect(try await server.accessTokens.verify(try await stage.forge(claims, more: #","x":1"#)) != nil)
        #expect(try await server.accessTokens.verify(try await stage.forge(claims, more: #","crit":["x"],"x":1"#)) == nil)
    }

    private static func claims(_ token: String) throws -> String {
        String(decoding: try #require(Base64URL.decode(token.split(separator: ".")[1])), as: UTF8.self).replacing("\\/", with: "/")
    }

    @Test func `a shared secret signs for one machine, and for nobody who has another`() async throws {
        let stage = try await TokenStage()
        var settings = OAuthSettings()
        settings.sharedSecret = Redacted(String(repeating: "s", count: 32))
        let server = try stage.server(settings: settings)
        let token = try await stage.token(server)
        let header = try RawJSON(try #require(Base64URL.decode(token.prefix { $0 != "." })))
        #expect(header["alg"]?.string == "HS256" && header["kid"] == nil)
        #expect(try await server.accessTokens.verify(token) != nil)
        #expect(try await stage.server().accessTokens.verify(token) == nil)
        settings.sharedSecret = Redacted(String(repeating: "t", count: 32))
        #expect(try await stage.server(settings: settings).accessTokens.verify(token) == nil)
        let signed = try await stage.token(try stage.server())
        try await eventually("what the ledger's keys signed is good, too", within: .seconds(5)) { try await server.accessTokens.verify(signed) != nil }
    }
}
