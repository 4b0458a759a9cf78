import Identity
import Ledger
import Logging
import Postgres
import Primitives
import Synchronization
import TestSupport
import Testing

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

        func rotate(_ id: APIKeyID, overlap: Duration) async throws -> KeyIssuer.Issued {
            let rotated = try await pool.withTransaction { try await KeyIssuer.rotate(id, workspace: workspace, overlap: overlap, on: $0) }
            return try #require(rotated)
        }

        func issue(expiresAt: Int64? = nil) async throws -> KeyIssuer.Issued {
            try await KeyIssuer(keys: keys).issue(name: "test", workspace: workspace, scopes: [.jobsRead, .operator], expiresAt: expiresAt)
        }
    }

    @Test func `a key tells its workspace and scopes`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        let known = try await Authenticator(keys: stage.keys).authenticate(issued.secret.exposed)
        #expect(known?.credential == Credential(workspace: stage.workspace, principal: .key(issued.id), scopes: [.jobsRead, .operator]))
        #expect(known?.subjects == [issued.id.description, stage.workspace.description])
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

    @Test func `an old secret goes on for the overlap, beside the new one, and both end with the key`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        let rotated = try await stage.rotate(issued.id, overlap: .seconds(3600))
        // One that remembers nothing.
        let fresh = { Authenticator(keys: stage.keys) }
        #expect(try await fresh().authenticate(issued.secret.exposed)?.credential.principal == .key(issued.id))
        #expect(try await fresh().authenticate(rotated.secret.exposed)?.credential.principal == .key(issued.id))
        try await stage.pool.query("UPDATE api_key_old_secrets SET until = now() - interval '1 second'")
        #expect(try await fresh().authenticate(issued.secret.exposed) == nil)
        let again = try await stage.rotate(issued.id, overlap: .seconds(3600))
        #expect(try await stage.keys.revoke(issued.id, workspace: stage.workspace))
        for secret in [rotated.secret, again.secret] { #expect(try await fresh().authenticate(secret.exposed) == nil) }
        let foreign = try await stage.pool.withTransaction { connection in
            try await KeyIssuer.rotate(issued.id, workspace: IdentifierSource.system.next(), on: connection)
        }
        #expect(foreign == nil)
    }

    @Test func `an old secret does not outlive its key`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        _ = try await stage.rotate(issued.id, overlap: .seconds(3600))
        let fresh = { Authenticator(keys: stage.keys) }
        try await stage.pool.query("UPDATE api_keys SET expires_at = now() + interval '100 seconds'")
        let left = try #require(try await stage.keys.find(prefix: issued.secret.prefix)?.microsecondsLeft)
        #expect(left > 0 && left <= 100_000_000, "it is remembered for no longer either")
        try await stage.pool.query("UPDATE api_keys SET expires_at = now() - interval '1 second'")
        #expect(try await fresh().authenticate(issued.secret.exposed) == nil)
    }

    @Test func `without an overlap the old secret ends at once`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        let rotated = try await stage.rotate(issued.id, overlap: .zero)
        let authenticator = Authenticator(keys: stage.keys)
        #expect(try await authenticator.authenticate(issued.secret.exposed) == nil)
        #expect(try await authenticator.authenticate(rotated.secret.exposed) != nil)
    }

    @Test func `a key is not remembered past its end`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue(expiresAt: WallClock.now + 700_000)
        // One that would remember it for long.
        var bounds = RevocableCache<SecretDigest, KnownCredential>.Bounds()
        (bounds.heard, bounds.unheard) = (.seconds(60), .seconds(60))
        let authenticator = Authenticator(keys: stage.keys, bounds: bounds)
        let known = try #require(try await authenticator.authenticate(issued.secret.exposed))
        #expect(abs((known.expiresAt ?? 0) - WallClock.now) < 2_000_000)
        try await eventually("it has ended", within: .seconds(5)) { try await authenticator.authenticate(issued.secret.exposed) == nil }
    }

    @Test func `other texts are the verifier's, and are remembered too`() async throws {
        let stage = try await Stage()
        let asked = Mutex<[String]>([])
        let known = KnownCredential(
            credential: Credential(workspace: stage.workspace, principal: .key(IdentifierSource.system.next()), scopes: []), expiresAt: nil, subjects: ["grant"])
        let authenticator = Authenticator(keys: stage.keys) { text in
            asked.withLock { $0.append(text) }
            return text == "good" ? known : nil
        }
        for _ in 0..<3 {
            #expect(try await authenticator.authenticate("good") == known)
            #expect(try await authenticator.authenticate("bad") == nil)
        }
        #expect(asked.withLock { $0 } == ["good", "bad"])
        #expect(try await authenticator.authenticate("vk_nonsense") == nil)
        #expect(try await authenticator.authenticate(String(repeating: "a", count: 10_000)) == nil)
        #expect(asked.withLock { $0 }.count == 2)
    }

    @Test func `the use of a key is written once a minute`() async throws {
        let stage = try await Stage()
        let issued = try await stage.issue()
        let use = KeyUse(keys: stage.keys, logger: Logger(label: "test"))
        let used = { try await stage.keys.find(issued.id, workspace: stage.workspace)?.lastUsedAt }
        #expect(try await Authenticator(keys: stage.keys, use: use).authenticate(issued.secret.exposed) != nil)
        #expect(try await used() == nil)
        await use.flush()
        let first = try #require(try await used())
        use.note(issued.id)
        await use.flush()
        #expect(try await used() == first)
        try await stage.pool.query("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
        use.note(issued.id)
        await use.flush()
        #expect(try #require(try await used()) >= first)
    }
}
