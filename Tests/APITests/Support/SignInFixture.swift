import Identity
import Ledger
import Postgres
import Primitives

/// A client and a user of a test's workspace, and the requests of the one for the other.
struct SignInFixture: Sendable {
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    static let password = "correct horse battery"

    let api: TestAPI
    let client: OAuthClientRow
    let secret: String?
    let user: UserID
    let email: String

    /// - Parameter redirectURIs: the first is the one that requests name.
    static func make(
        _ api: TestAPI, role: String = "admin", redirectURIs: [String] = ["https://app.example/cb?tenant=1"], isPublic: Bool = false,
        scopes: [String] = ["courses:read", "jobs:read"], grantTypes: [String] = ["authorization_code", "refresh_token"], name: String = "Reports",
        workspace: WorkspaceID? = nil
    ) async throws -> SignInFixture {
        let workspace = workspace ?? api.workspace
        let secret = isPublic ? nil : OpaqueToken.mint(.clientSecret)
        let new = NewOAuthClient(
            id: IdentifierSource.system.next(), workspace: workspace, name: name, authMethod: isPublic ? "none" : "client_secret_basic",
            grantTypes: grantTypes, redirectURIs: redirectURIs, scopes: scopes, secretHash: secret?.hash)
        let client = try await api.pool.withConnection { try await OAuthClientTable.insert(new, on: $0) }
        let user: UserID = IdentifierSource.system.next()
        let email = "\(user.description.suffix(8))@Example.com"
        try await addUser(user, email: email, role: role, workspace: workspace, on: api.pool)
        return SignInFixture(api: api, client: client, secret: secret?.exposed, user: user, email: email)
    }

    static func addUser(
        _ user: UserID, email: String, role: String = "admin", password: String? = Self.password, workspace: WorkspaceID, on pool: PostgresPool
    ) async throws {
        try await pool.query(
            "INSERT INTO users (id, workspace_id, name, email, role) VALUES ($1, $2, 'John', $3, $4)",
            [.id(user.value), .id(workspace.value), .text(email), .text(role)])
        guard let password else { return }
        let hash = try await Passwords(cost: PasswordCost(logarithm: 4, blockSize: 8, parallelism: 1)).hash(Redacted(password))
        try await pool.withTransaction { _ = try await PasswordTable.set(hash, of: user, workspace: workspace, on: $0) }
    }

    var port: Int { api.client.port }
    var issuer: String { "http://127.0.0.1:\(port)" }

    /// The parameters of a request in order, with some changed, and those that are nil left out.
    func parameters(_ changes: [String: String?] = [:]) -> [(name: String, value: String)] {
        let usual: [(String, String)] = [
            ("client_id", client.clientID), ("redirect_uri", client.redirectURIs[0]), ("response_type", "code"), ("scope", "courses:read"),
            ("state", "st/4te=&é"), ("code_challenge", Self.challenge), ("code_challenge_method", "S256"),
        ]
        var parameters: [(name: String, value: String)] = []
        for (name, value) in usual {
            if let change = changes[name] {
                if let change { parameters.append((name, change)) }
            } else {
                parameters.append((name, value))
            }
        }
        for (name, change) in changes.sorted(by: { $0.key < $1.key }) where !usual.contains(where: { $0.0 == name }) {
            if let change { parameters.append((name, change)) }
        }
        return parameters
    }

    func path(_ changes: [String: String?] = [:]) -> String { "/api/oauth/authorize?\(FormText.encode(parameters(changes)))" }

    /// A browser in which the user is signed in, and the page or answer that it has then.
    func signIn(_ changes: [String: String?] = [:], browser: Browser? = nil) async throws -> (browser: Browser, page: PlainHTTP.Reply) {
        let browser = browser ?? Browser(port: port)
        let page = try await browser.get(path(changes))
        let reply = try await browser.submit(page, "login", [("email", email), ("password", Self.password)])
        return (browser, try await browser.follow(reply))
    }

    /// Through all pages to a code.
    func code(_ changes: [String: String?] = [:]) async throws -> String {
        let (browser, page) = try await signIn(changes)
        let reply = page.status == 200 ? try await browser.submit(page, "consent", [("decision", "allow")]) : page
        guard let code = reply.answer?["code"] else { throw Unexpected(description: "no code: \(reply)") }
        return code
    }

    /// What the code is worth at the token endpoint.
    func redeem(_ code: String, _ changes: [String: String?] = [:], headers: [String: String] = [:]) async throws -> Answer {
        var fields: [String: String?] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": client.redirectURIs[0], "code_verifier": Self.verifier,
            "client_id": client.clientID, "client_secret": secret,
        ]
        fields.merge(changes) { $1 }
        let body = FormText.encode(fields.compactMap { pair in pair.value.map { (name: pair.key, value: $0) } })
        return try await api.client.with(key: nil).post(
            "/api/oauth/token", body, headers: ["Content-Type": "application/x-www-form-urlencoded"].merging(headers) { $1 })
    }
}
