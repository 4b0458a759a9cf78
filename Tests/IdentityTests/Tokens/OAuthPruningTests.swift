import Identity
import Ledger
import Postgres
import Primitives
import TestSupport
import Testing

@Suite struct OAuthPruningTests {
    private static func count(_ stage: TokenStage, _ table: String) async throws -> Int64 {
        try await stage.pool.query("SELECT count(*) FROM \(table)").first?.int64(0) ?? -1
    }

    @Test func `what is over goes, page by page, and what a thief could still try stays`() async throws {
        let stage = try await TokenStage()
        let (client, workspace) = (stage.client.id.value, stage.workspace.value)
        let user = IdentifierSource.system.next(User.self)
        _ = try await stage.pool.query(
            "INSERT INTO users (id, workspace_id, name, email) VALUES ($1, $2, 'Ada', 'ada@example.com')", [.id(user.value), .id(workspace)])
        // Old, recent and live ones of each; more of the old than a page holds.
        _ = try await stage.pool.query(
            """
            INSERT INTO oauth_grants (id, workspace_id, client_id, scopes, expires_at, revoked_at)
            SELECT gen_random_uuid(), $1, $2, '{}', now() + interval '1 day', now() - n * interval '1 hour' FROM generate_series(25, 4524) n
            """, [.id(workspace), .id(client)])
        _ = try await stage.pool.query(
            """
            INSERT INTO oauth_grants (id, workspace_id, client_id, scopes, expires_at, revoked_at) VALUES
                (gen_random_uuid(), $1, $2, '{}', now() + interval '1 day', now() - interval '23 hours'),
                (gen_random_uuid(), $1, $2, '{}', now() - interval '25 hours', NULL), (gen_random_uuid(), $1, $2, '{}', now() + interval '1 day', NULL)
            """, [.id(workspace), .id(client)])
        _ = try await stage.pool.query(
            """
            INSERT INTO oauth_refresh_tokens (hash, workspace_id, grant_id, expires_at, rotated_at)
            SELECT sha256(id::text::bytea || n::text::bytea), $1, id, now() + (n - 1) * interval '1 hour', now()
            FROM oauth_grants, generate_series(0, 2) n WHERE expires_at > now() AND revoked_at IS NULL
            """, [.id(workspace)])
        _ = try await stage.pool.query(
            """
            INSERT INTO oauth_codes (hash, workspace_id, client_id, user_id, challenge, scopes, expires_at)
            SELECT sha256(n::text::bytea), $1, $2, $3, '', '{}', now() - n * interval '1 hour' FROM unnest(ARRAY[23, 25]) n
            """, [.id(workspace), .id(client), .id(user.value)])
        _ = try await stage.token(try stage.server())
        _ = try await stage.pool.query(
            """
            INSERT INTO signing_keys (kid, public_key, private_sealed, private_key_id, signs_from, leaves_at)
            SELECT 'old', public_key, private_sealed, private_key_id, signs_from, now() - interval '1 second' FROM signing_keys
            """)
        try await OAuthPruning(pool: stage.pool).run()
        #expect(try await Self.count(stage, "oauth_grants") == 3, "revoked a while ago, live, and the token's own")
        #expect(try await Self.count(stage, "oauth_refresh_tokens") == 1)
        #expect(try await Self.count(stage, "oauth_codes") == 1)
        #expect(try await Self.count(stage, "signing_keys") == 1)
    }

    @Test func `the client of the settings is made once, follows its secret, and is not taken back from who revoked it`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        func authenticates(_ secret: String) async throws -> Bool {
            (try? await server.authenticator.authenticate(.init(clientID: "bootstrap", proof: .secret(Redacted(secret))))) != nil
        }
        let first = BootstrapClient(id: "bootstrap", secret: Redacted("first secret"), redirectURIs: [])
        #expect(try await first.ensure(in: stage.pool) == .ready)
        #expect(try await first.ensure(in: stage.pool) == .ready)
        #expect(try await authenticates("first secret"))
        let second = BootstrapClient(id: "bootstrap", secret: Redacted("second secret"), redirectURIs: ["https://x.example/cb"])
        #expect(try await second.ensure(in: stage.pool) == .ready)
        #expect(try await authenticates("first secret") == false)
        #expect(try await authenticates("second secret"))
        let row = try #require(try await server.clients.find(clientID: "bootstrap"))
        #expect(row.redirectURIs == ["https://x.example/cb"] && row.grantTypes.count == 3 && row.scopes.count == Scope.all.count)
        #expect(try await server.clients.revoke(row.id, workspace: stage.workspace))
        #expect(try await second.ensure(in: stage.pool) == .notOurs)
        #expect(try await authenticates("second secret") == false)
        for bad in ["", "user_x", "client_x", "a b", "é", String(repeating: "a", count: 129)] { #expect(!BootstrapClient.isID(bad)) }
    }
}
