import Foundation
import Identity
import Ledger
import Postgres
import Primitives

/// Clients, users and codes for tests of OAuth, and forms posted to it.
struct OAuthStage: Sendable {
    struct Client: Sendable {
        var id: OAuthClientID
        var clientID: String
        var secret: String?
    }

    /// RFC 7636's own.
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    static let redirectURI = "https://client.example/callback"

    let api: TestAPI

    /// A client that proves itself by its key.
    func makeClient(signingWith key: ProofMaker, grants: [String] = ["client_credentials"]) async throws -> Client {
        let types = grants.map { "\"\($0)\"" }.joined(separator: ",")
        let uris = grants.contains("authorization_code") ? #","redirectUris":["\#(Self.redirectURI)"]"# : ""
        let answer = try await api.client.post(
            "/api/oauth/clients",
            #"{"name":"signing","grantTypes":[\#(types)],"scopes":["jobs:read"],"tokenEndpointAuthMethod":"private_key_jwt","jwks":{"keys":[\#(key.jwk)]}\#(uris)}"#)
        guard answer.status == 201, answer.value("clientSecret") == nil, let text = answer.text("id"), let id = OAuthClientID(text) else {
            throw Unexpected(description: "no client: \(answer)")
        }
        return Client(id: id, clientID: text)
    }

    func makeClient(
        grants: [String] = ["authorization_code", "refresh_token"], method: String = "client_secret_basic", scopes: [String] = ["jobs:read", "jobs:write"]
    ) async throws -> Client {
        let quoted = { (texts: [String]) in "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        let uris = grants.contains("authorization_code") ? #","redirectUris":["\#(Self.redirectURI)"]"# : ""
        let answer = try await api.client.post(
            "/api/oauth/clients",
            #"{"name":"test","grantTypes":\#(quoted(grants)),"scopes":\#(quoted(scopes)),"tokenEndpointAuthMethod":"\#(method)"\#(uris)}"#)
        guard answer.status == 201, let text = answer.text("id"), let id = OAuthClientID(text), let clientID = answer.text("clientId") else {
            throw Unexpected(description: "no client: \(answer)")
        }
        return Client(id: id, clientID: clientID, secret: answer.text("clientSecret"))
    }

    func makeUser() async throws -> UserID {
        let user = IdentifierSource.system.next(User.self)
        _ = try await api.pool.query(
            "INSERT INTO users (id, workspace_id, name, email, role) VALUES ($1, $2, 'Ada', $3, 'admin')",
            [.id(user.value), .id(api.workspace.value), .text("\(user)@example.com")])
        return user
    }

    func makeCode(
        _ client: Client, user: UserID? = nil, redirectURI: String? = OAuthStage.redirectURI, scopes: Set<Scope> = [.jobsRead, .jobsWrite],
        proofKey: String? = nil
    ) async throws -> String {
        let owner: UserID = if let user { user } else { try await makeUser() }
        return try await api.oauth.codes.issue(
            workspace: api.workspace, client: client.id, user: owner, redirectURI: redirectURI, challenge: Self.challenge, scopes: scopes,
            proofKey: proofKey
        ).exposed
    }

    /// The answer to a code that is presented as it should be.
    func redeem(_ code: String, _ client: Client, changing: [String: String?] = [:], headers: [String: String] = [:]) async throws -> Answer {
        var fields: [String: String] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": Self.redirectURI, "code_verifier": Self.verifier,
        ]
        for (name, value) in changing { fields[name] = value }
        return try await token(fields, client, headers: headers)
    }

    func refresh(_ token: String, _ client: Client, scope: String? = nil) async throws -> Answer {
        var fields = ["grant_type": "refresh_token", "refresh_token": token]
        fields["scope"] = scope
        return try await self.token(fields, client)
    }

    /// Tokens of a fresh grant.
    func tokens(_ client: Client, user: UserID? = nil) async throws -> (access: String, refresh: String) {
        let answer = try await redeem(try await makeCode(client, user: user), client)
        guard let access = answer.text("access_token"), let refresh = answer.text("refresh_token") else {
            throw Unexpected(description: "no tokens: \(answer)")
        }
        return (access, refresh)
    }

    func token(_ fields: [String: String], _ client: Client, headers: [String: String] = [:]) async throws -> Answer {
        try await form("/api/oauth/token", fields, as: client, headers: headers)
    }

    /// As the client, by Basic when it has a secret.
    func form(_ path: String, _ fields: [String: String], as client: Client?, headers: [String: String] = [:]) async throws -> Answer {
        var fields = fields
        var headers = headers
        if let client {
            if let secret = client.secret { headers["Authorization"] = Self.basic(client.clientID, secret) } else { fields["client_id"] = client.clientID }
        }
        return try await post(path, Self.encoded(fields), headers: headers)
    }

    /// Not by the client of the other tests, which waits for a user when it is asked for Basic.
    func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
        let usual = [
            "Host": "127.0.0.1:\(api.client.port)", "Connection": "close", "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": String(body.utf8.count),
        ]
        let lines = usual.merging(headers) { $1 }.map { "\($0): \($1)\r\n" }.joined()
        let reply = try await PlainHTTP.send(port: api.client.port, "POST \(path) HTTP/1.1\r\n\(lines)\r\n\(body)")
        return Answer(status: reply.status, headers: Dictionary(reply.fields.map { ($0.name, $0.value) }) { "\($0), \($1)" }, body: reply.body)
    }

    /// The answers to the same request, made by so many at once.
    func atOnce(_ count: Int, _ ask: @escaping @Sendable () async throws -> Answer) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<count { group.addTask { try await ask() } }
            var answers: [Answer] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
    }

    /// Whether a token opens a route that needs `jobs:read`.
    func opens(_ token: String) async throws -> Bool { try await api.client.with(key: token).get("/api/jobs").status == 200 }

    static func basic(_ user: String, _ password: String) -> String { "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }

    static func encoded(_ fields: [String: String]) -> String { FormText.encode(fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }) }
}

extension TestAPI {
    var stage: OAuthStage { OAuthStage(api: self) }
}

extension Answer {
    /// Whether it is an error as OAuth has it, for nobody to keep.
    func isOAuthError(_ code: String, status: Int = 400) -> Bool {
        self.status == status && text("error") == code && text("error_description")?.isEmpty == false && headers["content-type"] == "application/json"
            && headers["cache-control"] == "no-store" && headers["pragma"] == "no-cache"
    }
}
