import HTTPDelivery
import Identity
import Jobs
import Ledger
import Logging
import Postgres
import Primitives
import ServiceLifecycle
import TestSupport
import Testing

@Suite struct EndpointDirectoryTests {
    @Test func `an endpoint is found in its own workspace only, also when it is known already`() async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let pool = PostgresPool(try PostgresConfiguration(url: await TestPostgres.freshDatabase()), logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await pool.run() }
            defer { group.cancelAll() }
            _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
            let sealer = try Sealer(secret: Redacted(Sealer.randomKey()))
            let directory = EndpointDirectory(pool: pool, sealer: sealer, targets: AddressPolicy())
            let (mine, theirs): (WorkspaceID, WorkspaceID) = (IdentifierSource.system.next(), IdentifierSource.system.next())
            let id: EndpointID = IdentifierSource.system.next()
            let sealed = try sealer.seal(WebhookSecret.random().bytes, context: Sealer.endpointContext(workspace: mine, endpoint: id))
            for workspace in [mine, theirs] { try await WorkspaceTable(pool: pool).create(workspace, name: "w") }
            try await pool.query(
                """
                WITH endpoint AS (INSERT INTO endpoints (id, workspace_id, url, event_types) VALUES ($1, $2, $3, $4))
                INSERT INTO endpoint_secrets (id, workspace_id, endpoint_id, kind, secret_sealed, secret_key_id) VALUES ($1, $2, $1, 'v1', $5, $6)
                """,
                [.id(id.value), .id(mine.value), .text("https://example.com/h"), .texts(["a.b"]), .bytes(sealed.bytes), .text(sealed.keyID)])
            for _ in 0..<2 {
                #expect(try await directory.endpoint(id, workspace: mine)?.target.get().text == "https://example.com/h")
                #expect(try await directory.endpoint(id, workspace: theirs) == nil)
            }
            try await pool.query("UPDATE endpoints SET status = 'paused' WHERE id = $1", [.id(id.value)])
            try await eventually("the change is seen") { try await directory.endpoint(id, workspace: mine)?.status == "paused" }
        }
    }
}
