package import Postgres
package import Primitives

/// Webhook endpoints.
package struct EndpointTable: Sendable {
    /// What a list is narrowed to.
    package struct Filter: Sendable {
        package var status: String?
        /// Those that get events of this type, by its name or by `*`.
        package var eventType: String?
        package var url: String?

        package init(status: String? = nil, eventType: String? = nil, url: String? = nil) {
            self.status = status
            self.eventType = eventType
            self.url = url
        }
    }

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    static let columns = """
        id, url, event_types, description, filter, headers_sealed, headers_key_id, metadata, timeout_ms,
        coalesce(retry_schedule::text[], '{}'), retry_schedule IS NULL, delivery_order, order_key, api_version, signature, status, challenged, version,
        created_at, updated_at, verified_at, disabled_at, disabled_reason
        """

    package func find(_ id: EndpointID, workspace: WorkspaceID) async throws -> EndpointRow? {
        let rows = try await pool.query(
            "SELECT \(Self.columns) FROM endpoints WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(Self.row)
    }

    /// False when the workspace has none of that id.
    package func delete(_ id: EndpointID, workspace: WorkspaceID) async throws -> Bool {
        try await pool.query("DELETE FROM endpoints WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)]).affected == 1
    }

    /// Newest first, those before the given one.
    package func list(_ filter: Filter = Filter(), workspace: WorkspaceID, before: EndpointID?, limit: Int) async throws -> [EndpointRow] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM endpoints WHERE workspace_id = $1 AND id < $2 AND \(Self.narrowed)
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit))] + Self.parameters(filter))
        return try rows.map(Self.row)
    }

    /// Oldest first, those after the given one: the way back.
    package func list(_ filter: Filter = Filter(), workspace: WorkspaceID, after: EndpointID, limit: Int) async throws -> [EndpointRow] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM endpoints WHERE workspace_id = $1 AND id > $2 AND \(Self.narrowed)
            ORDER BY workspace_id, id LIMIT $3
            """,
            [.id(workspace.value), .id(after.value), .int64(Int64(limit))] + Self.parameters(filter))
        return try rows.map(Self.row)
    }

    private static let narrowed = """
        ($4::text IS NULL OR status = $4) AND ($5::text IS NULL OR $5 = ANY(event_types) OR '*' = ANY(event_types)) AND ($6::text IS NULL OR url = $6)
        """

    private static func parameters(_ filter: Filter) -> [PostgresValue] {
        [.optional(filter.status), .optional(filter.eventType), .optional(filter.url)]
    }

    static func row(_ row: PostgresRow) throws -> EndpointRow {
        var profile = EndpointProfile(url: try row.text(1), eventTypes: try row.texts(2))
        profile.description = try row.text(3)
        profile.filter = try row.optionalText(4)
        if let sealed = try row.optionalBytes(5), let keyID = try row.optionalText(6) { profile.headers = EndpointProfile.Headers(sealed: sealed, keyID: keyID) }
        profile.metadata = try row.text(7)
        profile.timeoutMilliseconds = try row.optionalInt32(8)
        profile.retrySchedule = try row.bool(10) ? nil : try row.texts(9).compactMap { Int32($0) }
        profile.order = DeliveryOrder(rawValue: try row.text(11)) ?? DeliveryOrder.none
        profile.orderKey = try row.optionalText(12)
        profile.apiVersion = try row.optionalText(13)
        return EndpointRow(
            id: EndpointID(try row.id(0)), profile: profile, status: try row.text(15), signature: try row.text(14), isChallenged: try row.bool(16),
            version: try row.int32(17), createdAt: try row.timestamp(18), updatedAt: try row.timestamp(19), verifiedAt: try row.optionalTimestamp(20),
            disabledAt: try row.optionalTimestamp(21), disabledReason: try row.optionalText(22))
    }
}
