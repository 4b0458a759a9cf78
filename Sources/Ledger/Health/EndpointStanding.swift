package import Postgres
package import Primitives

/// Whether an endpoint is sent events, why not, and how it has been answering.
package struct EndpointStanding: Sendable {
    package var endpoint: EndpointID
    package var status: String
    package var disabledAt: Int64?
    package var disabledReason: String?
    /// Nil until it has answered for the first time.
    package var health: EndpointHealth?
}

extension EndpointHealthTable {
    /// Nil when the workspace has no such endpoint.
    package static func standing(_ endpoint: EndpointID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> EndpointStanding? {
        let rows = try await connection.query(
            "SELECT status, disabled_at, disabled_reason FROM endpoints WHERE id = $1 AND workspace_id = $2", [.id(endpoint.value), .id(workspace.value)])
        guard let row = rows.first else { return nil }
        let health = try await connection.query(
            "SELECT \(EndpointHealth.columns) FROM endpoint_health h JOIN endpoints e ON e.id = h.endpoint_id WHERE h.endpoint_id = $1",
            [.id(endpoint.value)]
        ).first.map { try EndpointHealth($0) }
        return EndpointStanding(
            endpoint: endpoint, status: try row.text(0), disabledAt: try row.optionalTimestamp(1), disabledReason: try row.optionalText(2), health: health)
    }
}
