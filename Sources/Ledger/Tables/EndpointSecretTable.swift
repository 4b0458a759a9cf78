package import Postgres
package import Primitives

package struct NewEndpointSecret: Sendable {
    package var id: Identifier
    /// `v1` or `v1a`.
    package var kind: String
    /// Sealed by the caller, bound to the endpoint.
    package var sealed: [UInt8]
    package var keyID: String

    package init(id: Identifier, kind: String, sealed: [UInt8], keyID: String) {
        self.id = id
        self.kind = kind
        self.sealed = sealed
        self.keyID = keyID
    }
}

package struct EndpointSecretRow: Sendable {
    package var kind: String
    package var sealed: [UInt8]
    package var keyID: String
    package var createdAt: Int64
    package var expiresAt: Int64?
}

/// The secrets that an endpoint's deliveries are signed with.
package struct EndpointSecretTable: Sendable {
    /// Those that have not ended; of the newest ones, should there ever be more.
    package static let mostLive = 10
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The newest first.
    package func live(_ endpoint: EndpointID, workspace: WorkspaceID) async throws -> [EndpointSecretRow] {
        try await pool.query(Self.liveRows, [.id(endpoint.value), .id(workspace.value)]).map(Self.row)
    }

    /// Pairs of keys of any workspace's endpoint, for their public halves; nil when there is no such endpoint.
    package func livePairs(_ endpoint: EndpointID) async throws -> (workspace: WorkspaceID, secrets: [EndpointSecretRow])? {
        let rows = try await pool.query("SELECT workspace_id FROM endpoints WHERE id = $1 AND signature = 'v1a'", [.id(endpoint.value)])
        guard let workspace = try rows.first.map({ WorkspaceID(try $0.id(0)) }) else { return nil }
        return (workspace, try await live(endpoint, workspace: workspace))
    }

    /// In the endpoint's transaction, which has its row locked.
    package static func live(_ endpoint: EndpointID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> [EndpointSecretRow] {
        try await connection.query(liveRows, [.id(endpoint.value), .id(workspace.value)]).map(row)
    }

    /// The new secret signs from here on; the others go on for so long and not longer, and what has ended goes away.
    package static func rotate(
        to secret: NewEndpointSecret, endpoint: EndpointID, workspace: WorkspaceID, overlapSeconds: Int64, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            """
            UPDATE endpoint_secrets SET expires_at = least(expires_at, now() + $3 * interval '1 second') WHERE endpoint_id = $1 AND workspace_id = $2
            """,
            [.id(endpoint.value), .id(workspace.value), .int64(overlapSeconds)])
        _ = try await connection.query(
            "DELETE FROM endpoint_secrets WHERE endpoint_id = $1 AND workspace_id = $2 AND expires_at <= now()",
            [.id(endpoint.value), .id(workspace.value)])
        try await insert(secret, endpoint: endpoint, workspace: workspace, on: connection)
    }

    static func insert(
        _ secret: NewEndpointSecret, endpoint: EndpointID, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            """
            INSERT INTO endpoint_secrets (id, workspace_id, endpoint_id, kind, secret_sealed, secret_key_id, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
            """,
            [
                .id(secret.id), .id(workspace.value), .id(endpoint.value), .text(secret.kind), .bytes(secret.sealed), .text(secret.keyID),
            ])
    }

    private static let liveRows = """
        SELECT kind, secret_sealed, secret_key_id, created_at, expires_at FROM endpoint_secrets
        WHERE endpoint_id = $1 AND workspace_id = $2 AND (expires_at IS NULL OR expires_at > now())
        ORDER BY created_at DESC, id DESC LIMIT \(mostLive)
        """

    private static func row(_ row: PostgresRow) throws -> EndpointSecretRow {
        EndpointSecretRow(
            kind: try row.text(0), sealed: try row.bytes(1), keyID: try row.text(2), createdAt: try row.timestamp(3),
            expiresAt: try row.optionalTimestamp(4))
    }
}
