package import Postgres
package import Primitives

/// A pushed request, opened by a browser.
package struct PushedRequestRow: Sendable {
    package var client: OAuthClientID
    /// As a form.
    package var parameters: String
    /// Microseconds since 1970.
    package var openedAt: Int64
}

package struct PushedRequestTable: Sendable {
    private let pool: PostgresPool
    /// Within which a browser that came in time has to bring the answer.
    private static let answerTime = Duration.seconds(600)

    package init(pool: PostgresPool) { self.pool = pool }

    package func insert(
        hash: [UInt8], parameters: String, client: OAuthClientID, workspace: WorkspaceID, lifetime: Duration
    ) async throws {
        try await pool.query(
            """
            INSERT INTO pushed_requests (hash, workspace_id, client_id, parameters, expires_at)
            VALUES ($1, $2, $3, $4, now() + $5 * interval '1 microsecond')
            """, [.bytes(hash), .id(workspace.value), .id(client.value), .text(parameters), .int64(lifetime.microseconds)])
    }

    /// The request, which from now on belongs to this browser. Nil when it is unknown, over, another client's or another browser's.
    package func open(hash: [UInt8], client: OAuthClientID, workspace: WorkspaceID, browser: [UInt8]) async throws -> PushedRequestRow? {
        let rows = try await pool.query(
            """
            UPDATE pushed_requests SET opened_by = $4, opened_at = coalesce(opened_at, now()),
                expires_at = CASE WHEN opened_at IS NULL THEN now() + $5 * interval '1 microsecond' ELSE expires_at END
            WHERE hash = $1 AND client_id = $2 AND workspace_id = $3 AND expires_at > now() AND (opened_by IS NULL OR opened_by = $4)
            RETURNING client_id, parameters, opened_at
            """, [.bytes(hash), .id(client.value), .id(workspace.value), .bytes(browser), .int64(Self.answerTime.microseconds)])
        return try rows.first.map {
            PushedRequestRow(client: OAuthClientID(try $0.id(0)), parameters: try $0.text(1), openedAt: try $0.timestamp(2))
        }
    }

    /// The browser goes on under another cookie, since somebody signed in.
    package func hand(hash: [UInt8], from browser: [UInt8], to new: [UInt8]) async throws {
        try await pool.query(
            "UPDATE pushed_requests SET opened_by = $3 WHERE hash = $1 AND opened_by = $2", [.bytes(hash), .bytes(browser), .bytes(new)])
    }

    /// Takes the one answer that a request has. False when another had it.
    package func answer(hash: [UInt8]) async throws -> Bool {
        try await pool.query("DELETE FROM pushed_requests WHERE hash = $1", [.bytes(hash)]).affected == 1
    }
}
