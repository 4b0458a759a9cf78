import Ledger
package import Primitives
import Postgres

/// What the ledger knows at the end.
package struct LedgerFindings: Sendable {
    package struct Job: Sendable {
        package var state: String
        /// Pending, and its time has come.
        package var isDue: Bool

        package init(state: String, isDue: Bool) {
            self.state = state
            self.isDue = isDue
        }
    }
    package struct Delivery: Sendable {
        package var id: DeliveryID
        package var endpoint: String

        package init(id: DeliveryID, endpoint: String) {
            self.id = id
            self.endpoint = endpoint
        }
    }

    package var jobs: [JobID: Job] = [:]
    /// By the event's key.
    package var deliveries: [String: [Delivery]] = [:]
    /// Lines of the audit that do not balance, of the books and of the index.
    package var differences: [String] = []

    package init() {}

    static func read(from pool: PostgresPool) async throws -> LedgerFindings {
        var findings = LedgerFindings()
        // One snapshot, so that nothing is between two tables.
        (findings.jobs, findings.deliveries) = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            var jobs: [JobID: Job] = [:]
            for row in try await connection.query("SELECT id, state::text, state = 'pending' AND run_at <= now() FROM jobs") {
                jobs[JobID(try row.id(0))] = Job(state: try row.text(1), isDue: try row.bool(2))
            }
            var deliveries: [String: [Delivery]] = [:]
            let rows = try await connection.query("SELECT e.event_key, d.id, d.endpoint_id::text FROM events e JOIN deliveries d ON d.event_id = e.id")
            for row in rows {
                deliveries[try row.text(0), default: []].append(Delivery(id: DeliveryID(try row.id(1)), endpoint: try row.text(2)))
            }
            return (jobs, deliveries)
        }
        return findings
    }
}
