package import Postgres
package import Primitives

package struct NewEndpoint: Sendable {
    package var id: EndpointID
    package var workspace: WorkspaceID
    package var url: String
    package var eventTypes: [String]
    package var description: String
    /// Sealed by the caller, bound to this endpoint.
    package var sealedSecret: [UInt8]
    package var secretKeyID: String

    package init(
        id: EndpointID, workspace: WorkspaceID, url: String, eventTypes: [String], description: String, sealedSecret: [UInt8], secretKeyID: String
    ) {
        self.id = id
        self.workspace = workspace
        self.url = url
        self.eventTypes = eventTypes
        self.description = description
        self.sealedSecret = sealedSecret
        self.secretKeyID = secretKeyID
    }
}

package struct EndpointRow: Sendable {
    package var id: EndpointID
    package var url: String
    package var eventTypes: [String]
    package var description: String
    package var status: String
    package var createdAt: Int64
    package var updatedAt: Int64
    package var sealedSecret: [UInt8]
    package var secretKeyID: String
}

/// Webhook endpoints.
package struct EndpointTable: Sendable {
    private static let columns = "id, url, event_types, description, status, created_at, updated_at, secret_sealed, secret_key_id"
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// With a claim, the claim and the endpoint are committed together; a repeated one is answered with the first endpoint's id.
    package func create(_ endpoint: NewEndpoint, claim: IdempotencyClaim?) async throws -> Claimed<EndpointRow> {
        try await pool.withTransaction { connection in
            if let claim {
                switch try await ClaimTable.take([claim], on: connection).first ?? .inProgress {
                case .granted: break
                case .replayed(let answer): return .replayed(answer: answer)
                case .mismatch: return .mismatch
                case .inProgress: return .inProgress
                }
                try await ClaimTable.store([(claim, endpoint.id.description)], on: connection)
            }
            let rows = try await connection.query(
                """
                INSERT INTO endpoints (id, workspace_id, url, event_types, description, secret_sealed, secret_key_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING \(Self.columns)
                """,
                [
                    .id(endpoint.id.value), .id(endpoint.workspace.value), .text(endpoint.url), .texts(endpoint.eventTypes),
                    .text(endpoint.description), .bytes(endpoint.sealedSecret), .text(endpoint.secretKeyID),
                ])
            return .done(try Self.row(rows[0]))
        }
    }

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
    package func list(workspace: WorkspaceID, before: EndpointID?, limit: Int) async throws -> [EndpointRow] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns) FROM endpoints WHERE workspace_id = $1 AND id < $2
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit))])
        return try rows.map(Self.row)
    }

    private static func row(_ row: PostgresRow) throws -> EndpointRow {
        EndpointRow(
            id: EndpointID(try row.id(0)), url: try row.text(1), eventTypes: try row.texts(2), description: try row.text(3),
            status: try row.text(4), createdAt: try row.timestamp(5), updatedAt: try row.timestamp(6), sealedSecret: try row.bytes(7),
            secretKeyID: try row.text(8))
    }
}
