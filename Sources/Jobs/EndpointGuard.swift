package import Postgres
package import Primitives

/// What a delivery may do to its endpoint beyond its own outcome.
package struct EndpointGuard: Sendable {
    /// Why an endpoint was disabled, as its reader sees it.
    package enum Reason: String, Sendable {
        /// 410.
        case gone
        /// `webhook-delivery: disable`.
        case asked
        /// No success within the window.
        case failing
        case manual
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Remembered for the endpoint's health: never waits, never fails.
    package func note(_ note: DeliveryNote) {}

    /// Events that come while it is disabled are kept. Nothing when it is disabled already.
    package func disable(_ endpoint: EndpointID, workspace: WorkspaceID, reason: Reason) async throws {
        _ = try await pool.query(
            """
            UPDATE endpoints SET status = 'disabled', disabled_at = now(), disabled_reason = $3, updated_at = now()
            WHERE id = $1 AND workspace_id = $2 AND status <> 'disabled'
            """,
            [.id(endpoint.value), .id(workspace.value), .text(reason.rawValue)])
    }

    /// The endpoint's lane waits: nothing of it is tried before then, and waiting costs no attempt.
    package func hold(_ endpoint: EndpointID, workspace: WorkspaceID, for wait: Duration, reason: String) async throws {}
}
