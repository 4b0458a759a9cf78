import Postgres
import Primitives

/// What a replay has to know of kinds and filters, which live above the ledger.
package struct ReplayWork: Sendable {
    /// An event as a filter sees it.
    package struct Item: Sendable {
        package var type: String
        package var body: String
        /// JSON text.
        package var metadata: String?
    }

    package var deliveries: DeliveryReplay
    /// Whether an event passes the filter of an endpoint.
    package var passes: @Sendable (Item, _ filter: String) -> Bool
    /// The payload of a delivery that runs again, so that its receiver is told.
    package var flagged: @Sendable (_ payload: String) -> String

    package init(
        deliveries: DeliveryReplay, passes: @escaping @Sendable (Item, _ filter: String) -> Bool,
        flagged: @escaping @Sendable (_ payload: String) -> String
    ) {
        self.deliveries = deliveries
        self.passes = passes
        self.flagged = flagged
    }
}

/// The endpoint that a replay is for.
struct ReplayReceiver {
    var endpoint: EndpointID
    var workspace: WorkspaceID
    var eventTypes: [String]
    /// JSON text; nil lets everything pass.
    var filter: String?

    /// Nil when the workspace has no such endpoint. Locked, so that of two steps for one endpoint the second sees what the first has made.
    static func find(
        _ id: EndpointID, workspace: WorkspaceID, isLocking: Bool, on connection: PostgresConnection
    ) async throws -> ReplayReceiver? {
        let rows = try await connection.query(
            "SELECT event_types, filter FROM endpoints WHERE id = $1 AND workspace_id = $2 \(isLocking ? "FOR NO KEY UPDATE" : "")",
            [.id(id.value), .id(workspace.value)])
        return try rows.first.map { row in
            ReplayReceiver(endpoint: id, workspace: workspace, eventTypes: try row.texts(0), filter: try row.optionalText(1))
        }
    }
}
