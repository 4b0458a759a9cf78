package import Postgres
package import Primitives

package struct EventRow: Sendable {
    package var id: EventID
    package var type: String
    package var key: String
    package var deliveries: Int32
    package var createdAt: Int64
}

package struct DeliveryRow: Sendable {
    package var id: DeliveryID
    package var endpoint: EndpointID
    package var state: String
    package var attempt: Int32
    package var errorClass: String?
    package var createdAt: Int64
    package var settledAt: Int64?
}

/// Published events, as they are read; `EventWriter` writes them.
package struct EventTable: Sendable {
    package struct Found: Sendable {
        package var event: EventRow
        /// What every receiver gets; nil when it is not kept any more.
        package var body: String?
        /// JSON text; no receiver gets it.
        package var metadata: String?
        package var deliveries: [DeliveryRow]
    }

    /// Deliveries shown with an event; an event with more has them in the log.
    private static let mostDeliveries: Int64 = 1000
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(key: String, workspace: WorkspaceID) async throws -> Found? {
        let rows = try await pool.query(
            "SELECT id, type, event_key, deliveries, created_at, \(EventBodies.body), metadata FROM events e WHERE workspace_id = $1 AND event_key = $2",
            [.id(workspace.value), .text(key)])
        guard let row = rows.first else { return nil }
        let event = try Self.row(row)
        let deliveries = try await pool.query(
            """
            SELECT d.id, d.endpoint_id, j.state::text, j.attempt, j.error_class, d.created_at, j.settled_at
            FROM deliveries d JOIN jobs j ON j.id = d.id
            WHERE d.event_id = $1 AND d.workspace_id = $2 ORDER BY d.id LIMIT $3
            """,
            [.id(event.id.value), .id(workspace.value), .int64(Self.mostDeliveries)])
        return Found(
            event: event, body: try row.optionalText(5), metadata: try row.optionalText(6),
            deliveries: try deliveries.map {
                DeliveryRow(
                    id: DeliveryID(try $0.id(0)), endpoint: EndpointID(try $0.id(1)), state: try $0.text(2), attempt: try $0.int32(3),
                    errorClass: try $0.optionalText(4), createdAt: try $0.timestamp(5), settledAt: try $0.optionalTimestamp(6))
            })
    }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, type: String?, before: EventID?, limit: Int) async throws -> [EventRow] {
        let rows = try await pool.query(
            """
            SELECT id, type, event_key, deliveries, created_at FROM events
            WHERE workspace_id = $1 AND id < $2 AND ($3::text IS NULL OR type = $3)
            ORDER BY workspace_id DESC, id DESC LIMIT $4
            """,
            [.id(workspace.value), .id(before), .optional(type), .int64(Int64(limit))])
        return try rows.map(Self.row)
    }

    private static func row(_ row: PostgresRow) throws -> EventRow {
        EventRow(
            id: EventID(try row.id(0)), type: try row.text(1), key: try row.text(2), deliveries: try row.int32(3), createdAt: try row.timestamp(4))
    }
}
