package import Postgres
package import Primitives

extension EndpointTable {
    /// The word for an endpoint that waits for its receiver to echo a challenge.
    package static let unverified = "unverified"

    package static func insert(_ endpoint: NewEndpoint, on connection: PostgresConnection) async throws -> EndpointRow {
        let challenged = endpoint.isChallenged
        let rows = try await connection.query(
            """
            INSERT INTO endpoints (id, workspace_id, signature, challenged, status, disabled_at, disabled_reason, \(writtenColumns))
            VALUES ($1, $2, $3, $4, CASE WHEN $4 THEN 'disabled' ELSE 'active' END, CASE WHEN $4 THEN now() END, $5, \(written(from: 6)))
            RETURNING \(columns)
            """,
            [
                .id(endpoint.id.value), .id(endpoint.workspace.value), .text(endpoint.secret.kind), .bool(challenged),
                .optional(challenged ? unverified : nil),
            ] + parameters(endpoint.profile))
        guard let row = rows.first else { throw LedgerError.changedMeanwhile }
        try await EndpointSecretTable.insert(endpoint.secret, endpoint: endpoint.id, workspace: endpoint.workspace, on: connection)
        return try Self.row(row)
    }

    /// Nobody else changes it before the transaction ends. Nil when the workspace has none of that id.
    package static func lock(_ id: EndpointID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> EndpointRow? {
        let rows = try await connection.query(
            "SELECT \(columns) FROM endpoints WHERE id = $1 AND workspace_id = $2 FOR UPDATE", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(Self.row)
    }

    /// Of an endpoint that is locked. Another URL of a challenged one has to echo a challenge of its own.
    package static func update(
        _ id: EndpointID, _ profile: EndpointProfile, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> EndpointRow {
        let rows = try await connection.query(
            """
            UPDATE endpoints SET (\(writtenColumns)) = (\(written(from: 4))), version = version + 1, updated_at = now(),
                verified_at = CASE WHEN challenged AND url <> $4 THEN NULL ELSE verified_at END,
                status = CASE WHEN challenged AND url <> $4 THEN 'disabled' ELSE status END,
                disabled_at = CASE WHEN challenged AND url <> $4 THEN coalesce(disabled_at, now()) ELSE disabled_at END,
                disabled_reason = CASE WHEN challenged AND url <> $4 AND status <> 'disabled' THEN $3 ELSE disabled_reason END
            WHERE id = $1 AND workspace_id = $2 RETURNING \(columns)
            """,
            [.id(id.value), .id(workspace.value), .text(unverified)] + parameters(profile))
        guard let row = rows.first else { throw LedgerError.changedMeanwhile }
        return try Self.row(row)
    }

    /// Another version without another value: its secrets or limits changed.
    package static func touch(_ id: EndpointID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> EndpointRow {
        let rows = try await connection.query(
            "UPDATE endpoints SET version = version + 1, updated_at = now() WHERE id = $1 AND workspace_id = $2 RETURNING \(columns)",
            [.id(id.value), .id(workspace.value)])
        guard let row = rows.first else { throw LedgerError.changedMeanwhile }
        return try Self.row(row)
    }

    /// Its receiver has echoed the challenge: it is active, unless it was disabled for another reason meanwhile.
    /// - Parameter place: its lane, which nothing holds any more then.
    package func verify(_ id: EndpointID, workspace: WorkspaceID, url: String, place: LanePlace) async throws -> Bool {
        try await pool.withTransaction { connection in
            // In the order of all who change status and holds together.
            try await EndpointHealthTable.lock(id, on: connection)
            let rows = try await connection.query(Self.verification, [.id(id.value), .id(workspace.value), .text(url), .text(Self.unverified)])
            guard let status = try rows.first?.text(0) else { return false }
            if status == "active" { _ = try await LaneHoldTable.release(place, [.disabled, .paused, .circuit], on: connection) }
            return true
        }
    }

    private static let verification = """
        UPDATE endpoints SET verified_at = now(), version = version + 1, updated_at = now(),
            status = CASE WHEN disabled_reason = $4 THEN 'active' ELSE status END,
            disabled_at = CASE WHEN disabled_reason = $4 THEN NULL ELSE disabled_at END,
            disabled_reason = nullif(disabled_reason, $4)
        WHERE id = $1 AND workspace_id = $2 AND url = $3 AND challenged AND verified_at IS NULL RETURNING status
        """

    private static let writtenColumns = """
        url, event_types, description, filter, headers_sealed, headers_key_id, metadata, timeout_ms, retry_schedule, delivery_order, order_key, api_version
        """

    private static func written(from first: Int) -> String {
        let casts = ["text", "text[]", "text", "text", "bytea", "text", "text", "int4", "int4[]", "text", "text", "text"]
        return casts.enumerated().map { "$\(first + $0)::\($1)" }.joined(separator: ", ")
    }

    private static func parameters(_ profile: EndpointProfile) -> [PostgresValue] {
        [
            .text(profile.url), .texts(profile.eventTypes), .text(profile.description), .optional(profile.filter),
            profile.headers.map { .bytes($0.sealed) } ?? .null, .optional(profile.headers?.keyID), .text(profile.metadata),
            profile.timeoutMilliseconds.map { .int32($0) } ?? .null, profile.retrySchedule.map { .int32s($0) } ?? .null,
            .text(profile.order.rawValue), .optional(profile.orderKey), .optional(profile.apiVersion),
        ]
    }
}
