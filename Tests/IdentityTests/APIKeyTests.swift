import Identity
import Ledger
import Logging
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct APIKeySecretTests {
    @Test func `a minted key has the agreed form and is read back`() throws {
        let secret = APIKeySecret.mint()
        #expect(secret.exposed.utf8.count == 59)
        #expect(secret.exposed.hasPrefix("vk_\(secret.prefix)_"))
        let read = try #require(APIKeySecret(secret.exposed))
        #expect(read.prefix == secret.prefix)
        #expect(read.hash == secret.hash)
        #expect(secret.hash.count == 32)
        #expect(APIKeySecret.mint().exposed != secret.exposed)
    }

    @Test func `a key matches its own hash only`() {
        let secret = APIKeySecret.mint()
        #expect(secret.matches(hash: secret.hash))
        var other = secret.hash
        other[31] ^= 1
        #expect(!secret.matches(hash: other))
        #expect(!secret.matches(hash: []))
        #expect(!secret.matches(hash: Array(secret.hash.dropLast())))
    }

    @Test func `what is no key is refused`() {
        let good = APIKeySecret.mint().exposed
        for bad in [
            "", "vk_", String(good.dropLast()), good + "a", "xk" + good.dropFirst(2), good.replacing("vk_", with: "vk-"),
            String(good.dropLast()) + "é",
        ] {
            #expect(APIKeySecret(bad) == nil, "\(bad)")
        }
    }

    @Test func `a dump of a key does not show it`() {
        let secret = APIKeySecret.mint()
        var text = ""
        dump(secret, to: &text)
        #expect(!text.contains(secret.exposed))
        #expect(!"\(secret)".contains(secret.exposed))
    }
}

@Suite struct AuthenticatorTests {
    private struct Stage {
        let pool: PostgresPool
        let keys: APIKeyTable
        let workspace = IdentifierSource.system.next(Workspace.self)

        init() async throws {
            var configuration = try PostgresConfiguration(url: try await TestPostgres.freshDatabase())
            configuration.maxConnections = 2
            pool = PostgresPool(configuration, logger: Logger(label: "test"))
            keys = APIKeyTable(pool: pool)
            _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
            try await WorkspaceTable(pool: pool).create(workspace, name: "test")
        }

        func issue(expiresAt: Int64? = nil) async throws -> KeyIssuer.Issued {
            try await KeyIssuer(keys: keys).issue(name: "test", workspace: workspace, scopes: [.jobsRead, .operator], expiresAt: expiresAt)
        }
    }

    @Test func `a key tells its workspace and scopes`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        let credential = try await Authenticator(keys: stage.keys).authenticate(issued.secret.exposed)?.credential
        #expect(credential == Credential(workspace: stage.workspace, principal: .key(issued.id), scopes: [.jobsRead, .operator]))
    }

    @Test func `the text of a key is nowhere in the ledger`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        let rows = try await stage.pool.query("SELECT api_keys::text FROM api_keys")
        let row = try #require(rows.first).text(0)
        #expect(!row.contains(issued.secret.exposed.suffix(43)))
    }

    @Test func `an unknown key, one with another's prefix, and an expired one are refused`() async throws {
        let stage = try await Stage()
        let authenticator = Authenticator(keys: stage.keys)
        let issued = try await stage.issue()
        #expect(try await authenticator.authenticate(APIKeySecret.mint().exposed) == nil)
        #expect(try await authenticator.authenticate("vk_\(issued.secret.prefix)_" + APIKeySecret.mint().exposed.suffix(43)) == nil)
        #expect(try await authenticator.authenticate("nonsense") == nil)
        let expired = try await stage.issue(expiresAt: 1_000_000)
        #expect(try await authenticator.authenticate(expired.secret.exposed) == nil)
    }

    @Test func `a revoked key stops within moments`() async throws {
        let stage = try await Stage()
        let authenticator = Authenticator(keys: stage.keys)
        let issued = try await stage.issue()
        #expect(try await authenticator.authenticate(issued.secret.exposed) != nil)
        #expect(try await stage.keys.revoke(issued.id, workspace: IdentifierSource.system.next()) == false)
        #expect(try await stage.keys.revoke(issued.id, workspace: stage.workspace))
        #expect(try await stage.keys.revoke(issued.id, workspace: stage.workspace) == false)
        try await eventually("the key is refused", within: .seconds(3)) { try await authenticator.authenticate(issued.secret.exposed) == nil }
    }
}
