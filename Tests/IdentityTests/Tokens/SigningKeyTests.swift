import Identity
import Ledger
import Postgres
import Primitives
import Synchronization
import TestSupport
import Testing

@Suite struct SigningKeyTests {
    /// A process whose clock the test moves.
    private final class Process: Sendable {
        private final class Clock: Sendable {
            let passed = Mutex(Duration.zero)
        }

        let keys: SigningKeys
        private let clock = Clock()

        init(_ stage: TokenStage) throws {
            let start = ContinuousClock.now
            keys = SigningKeys(
                table: SigningKeyTable(pool: stage.pool), sealer: try Sealer(secret: stage.secret),
                clock: { [clock] in start + clock.passed.withLock { $0 } })
        }

        func wait(_ time: Duration) { clock.passed.withLock { $0 += time } }
    }

    @Test func `processes that start together make one key, and each knows the others' tokens`() async throws {
        let stage = try await TokenStage()
        let servers = try (0..<4).map { _ in try stage.server() }
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for server in servers { group.addTask { try await stage.token(server) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await SigningKeyTable(pool: stage.pool).list().count == 1)
        for token in tokens { for server in servers { #expect(try await server.accessTokens.verify(token) != nil) } }
    }

    @Test func `a new key is shown before it signs, and the old one until what it signed is over`() async throws {
        let stage = try await TokenStage()
        let process = try Process(stage)
        let table = SigningKeyTable(pool: stage.pool)
        _ = try await process.keys.ring()
        let old = try #require(try await table.list().first).kid
        let new = try await process.keys.rotate()
        #expect(try await process.keys.ring().jwks.contains(new) == false, "kept for half a minute")
        process.wait(.seconds(31))
        let both = try await process.keys.ring().jwks
        #expect(both.contains(old) && both.contains(new))
        func signer() async throws -> String? {
            let token = try await stage.token(try stage.server())
            return try RawJSON(try #require(Base64URL.decode(token.prefix { $0 != "." })))["kid"]?.string
        }
        #expect(try await signer() == old)
        let rows = try await stage.pool.query(
            """
            SELECT round(extract(epoch FROM n.signs_from - now()))::bigint, round(extract(epoch FROM o.leaves_at - n.signs_from))::bigint
            FROM signing_keys n, signing_keys o WHERE n.leaves_at IS NULL AND o.leaves_at IS NOT NULL
            """)
        #expect(try rows.first?.int64(0) ?? 0 >= 590 && rows.first?.int64(1) ?? 0 >= 86_400)
        _ = try await stage.pool.query("UPDATE signing_keys SET signs_from = now() WHERE leaves_at IS NULL")
        #expect(try await signer() == new)
        let token = try await stage.token(try stage.server())
        _ = try await stage.pool.query("UPDATE signing_keys SET leaves_at = now() WHERE leaves_at IS NOT NULL")
        process.wait(.seconds(31))
        #expect(try await process.keys.ring().jwks.contains(old) == false)
        #expect(try await stage.server().accessTokens.verify(token) != nil)
    }

    @Test func `a process meets a key that it has not seen and looks it up at once`() async throws {
        let stage = try await TokenStage()
        let (server, other) = (try stage.server(), try stage.server())
        let token = try await stage.token(server)
        #expect(try await other.accessTokens.verify(token) != nil)
        _ = try await server.signingKeys.rotate(atOnce: true)
        let fresh = try await stage.token(try stage.server())
        try await eventually("the new key is known", within: .seconds(5)) { try await other.accessTokens.verify(fresh) != nil }
        #expect(try await other.accessTokens.verify(token) != nil, "the old one still verifies")
    }

    @Test func `a key that another secret sealed verifies and does not sign`() async throws {
        let stage = try await TokenStage()
        let token = try await stage.token(try stage.server())
        let stranger = try stage.server(secret: Redacted(Sealer.randomKey()))
        #expect(try await stranger.accessTokens.verify(token) != nil)
        let other = try await stage.token(stranger)
        #expect(try await stage.server().accessTokens.verify(other) != nil)
        #expect(try await SigningKeyTable(pool: stage.pool).list().count == 2)
    }

    @Test func `a private key is nowhere in the clear`() async throws {
        let stage = try await TokenStage()
        let server = try stage.server()
        _ = try await stage.token(server)
        let row = try #require(try await SigningKeyTable(pool: stage.pool).list().first)
        let raw = try Sealer(secret: stage.secret).open(Sealed(bytes: row.sealedPrivate, keyID: row.sealedBy), context: "signing key \(row.kid)").exposed
        #expect(!row.sealedPrivate.contains(raw) && !row.publicKey.contains(raw))
        var text = ""
        dump(server.signingKeys, to: &text)
        dump(try await server.signingKeys.ring().jwks, to: &text)
        #expect(!text.contains(Base64URL.encode(raw)))
        #expect(throws: Sealer.Failure.notAuthentic) {
            try Sealer(secret: stage.secret).open(Sealed(bytes: row.sealedPrivate, keyID: row.sealedBy), context: "signing key other")
        }
    }
}
