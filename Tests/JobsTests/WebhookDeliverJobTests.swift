import HTTPDelivery
import Identity
import Ledger
import Logging
import Postgres
import Primitives
import Queue
import TestSupport
import Testing

@testable import Jobs

/// Which endpoints a delivery goes to, and what becomes of it where it does not go.
@Suite struct WebhookDeliverJobTests {
    private struct Stage {
        let pool: PostgresPool
        let services: JobServices
        let sealer: Sealer
        let workspace: WorkspaceID = IdentifierSource.system.next()

        /// An endpoint that nobody listens at.
        func endpoint(_ status: String, sealedBy other: Sealer? = nil) async throws -> EndpointID {
            let id: EndpointID = IdentifierSource.system.next()
            let sealed = try (other ?? sealer).seal(
                WebhookSecret.random().bytes, context: Sealer.endpointContext(workspace: workspace, endpoint: id))
            try await pool.query(
                """
                WITH endpoint AS (
                    INSERT INTO endpoints (id, workspace_id, url, event_types, status) VALUES ($1, $2, 'http://127.0.0.1:65535/', '{a.b}', $5))
                INSERT INTO endpoint_secrets (id, workspace_id, endpoint_id, kind, secret_sealed, secret_key_id) VALUES ($1, $2, $1, 'v1', $3, $4)
                """,
                [.id(id.value), .id(workspace.value), .bytes(sealed.bytes), .text(sealed.keyID), .text(status)])
            return id
        }

        /// What comes of a delivery, in words.
        /// - Parameters:
        ///   - url: instead of the endpoint's own.
        ///   - lane: nil for the endpoint's.
        func deliver(to endpoint: EndpointID, url: String? = nil, lane: String? = nil) async throws -> String {
            var job = WebhookDeliverJob(endpointId: endpoint, body: "{}")
            job.url = url
            let row = RunnableJob(
                id: IdentifierSource.system.next(), workspace: workspace, kind: WebhookDeliverJob.kind, lane: lane ?? endpoint.description, priority: 0,
                payload: WebhookDeliverJob.payload(endpoint: endpoint, body: "{}"), attempt: 1, failures: 0, maxAttempts: 10, trace: nil)
            switch try await job.perform(JobContext(job: row, services: services)) {
            case .succeeded: return "succeeded"
            case .failed(let failure): return "failed: \(failure.code)"
            case .snoozed(let wait, let reason, _): return "snoozed for \(wait): \(reason)"
            case .cancelled(let reason): return "cancelled: \(reason)"
            }
        }
    }

    private func onStage(_ body: (Stage) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let pool = PostgresPool(try PostgresConfiguration(url: await TestPostgres.freshDatabase()), logger: logger)
        let sealer = try Sealer(secret: Redacted(Sealer.randomKey()))
        let policy = AddressPolicy(allowed: try AddressPolicy.parse(list: "127.0.0.0/8"), requiresHTTPS: false)
        let client = try DeliveryClient(policy: policy)
        let services = JobServices(delivery: client, endpoints: EndpointDirectory(pool: pool, sealer: sealer, targets: policy), guardian: EndpointGuard(pool: pool))
        let stage = Stage(pool: pool, services: services, sealer: sealer)
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { try await pool.run() }
                defer { group.cancelAll() }
                _ = try await Migrator(LedgerMigrations.all).apply(on: pool)
                try await WorkspaceTable(pool: pool).create(stage.workspace, name: "w")
                try await body(stage)
            }
        } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
    }

    @Test func `an active endpoint is called, and what goes to a paused or disabled one waits without an attempt spent`() async throws {
        try await onStage { stage async throws in
            #expect(try await stage.deliver(to: stage.endpoint("active")) == "failed: connection_refused")
            for status in ["paused", "disabled"] {
                #expect(try await stage.deliver(to: stage.endpoint(status)) == "snoozed for 60.0 seconds: the endpoint is \(status)")
            }
        }
    }

    @Test func `another URL that has too much to do holds the lane of its replay, and never the endpoint's`() async throws {
        let busy = TestSupport.Receiver(answer: "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n")
        defer { busy.stop() }
        try await onStage { stage async throws in
            let endpoint = try await stage.endpoint("active")
            let held = { try await stage.pool.query("SELECT lane FROM lane_holds ORDER BY lane").map { try $0.text(0) } }
            #expect(try await stage.deliver(to: endpoint, url: busy.url()) == "failed: http_status")
            #expect(try await held() == [])
            #expect(try await stage.deliver(to: endpoint, url: busy.url(), lane: "rpl_1") == "failed: http_status")
            #expect(try await held() == ["rpl_1"])
        }
    }

    @Test func `a delivery to an endpoint that is deleted or another workspace's is cancelled`() async throws {
        try await onStage { stage async throws in
            #expect(try await stage.deliver(to: IdentifierSource.system.next()) == "cancelled: the endpoint was deleted")
            let foreign = try await stage.endpoint("active")
            let other: WorkspaceID = IdentifierSource.system.next()
            try await WorkspaceTable(pool: stage.pool).create(other, name: "other")
            try await stage.pool.query("UPDATE endpoints SET workspace_id = $1", [.id(other.value)])
            #expect(try await stage.deliver(to: foreign) == "cancelled: the endpoint was deleted")
        }
    }

    @Test func `a secret under a key that this worker does not have waits for one that has it`() async throws {
        try await onStage { stage async throws in
            let sealed = try await stage.endpoint("active", sealedBy: Sealer(secret: Redacted(Sealer.randomKey())))
            let outcome = try await stage.deliver(to: sealed)
            #expect(outcome.hasPrefix("snoozed for 60.0 seconds: ") && outcome.contains("a key that this worker does not have"), "\(outcome)")
        }
    }

    /// Standard Webhooks: "immediately, 5 seconds, 5 minutes, 30 minutes, 2 hours, 5 hours, 10 hours, 14 hours, 20 hours, 24 hours".
    @Test func `retries follow the standard's schedule, for a little over three days`() {
        let waits: [Duration] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) }
        #expect(WebhookDeliverJob.retry == .schedule(waits, jitter: 0.2))
        #expect(WebhookDeliverJob.maxAttempts == waits.count + 1)
        let all = waits.reduce(.zero, +)
        #expect(all > .seconds(3 * 86_400) && all < .seconds(4 * 86_400))
        #expect(WebhookDeliverJob.deadline > .seconds(15), "the request's own timeout names the phase that was slow")
    }
}
