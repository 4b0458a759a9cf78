package import Postgres
package import Primitives

/// A delivery that was given up, and of which nobody has been told yet.
package struct ExhaustedDelivery: Sendable {
    package var job: JobID
    package var workspace: WorkspaceID
    package var endpoint: EndpointID
    package var attempts: Int32
    package var errorClass: String?
    package var errorMessage: String?
    package var eventType: String
    package var eventKey: String
    /// Microseconds since 1970.
    package var at: Int64

    /// Takes some, in the caller's transaction: they are told of with its commit, and once. Those whose endpoint or event is gone, and those of the given
    /// types, are passed over: nobody is told of them.
    /// - Returns: those to be told of, and how many were taken.
    package static func take(limit: Int, besides types: [String], on connection: PostgresConnection) async throws -> (told: [ExhaustedDelivery], taken: Int) {
        let rows = try await connection.query(
            """
            WITH taken AS (
                UPDATE jobs SET exhaustion_told = attempt WHERE id IN (
                    SELECT id FROM jobs WHERE state = 'dead' AND kind = 'webhook.deliver' AND exhaustion_told IS DISTINCT FROM attempt
                    ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
                RETURNING id, workspace_id, attempt, error_class, error_message, settled_at),
            given_up AS (
                SELECT t.*, d.endpoint_id, e.type, e.event_key FROM taken t JOIN deliveries d ON d.id = t.id JOIN events e ON e.id = d.event_id
                LEFT JOIN replays r ON r.id = d.replay_id
                WHERE EXISTS (SELECT 1 FROM endpoints p WHERE p.id = d.endpoint_id)
                    -- What died on its way to another URL says nothing of the endpoint.
                    AND r.url IS NULL),
            marked AS (
                INSERT INTO endpoint_health AS h (endpoint_id, workspace_id, exhausted_at)
                SELECT endpoint_id, workspace_id, max(settled_at) FROM given_up GROUP BY 1, 2 ORDER BY 1
                ON CONFLICT (endpoint_id) DO UPDATE SET exhausted_at = coalesce(h.exhausted_at, excluded.exhausted_at)
                WHERE h.last_success_at IS NULL OR h.last_success_at < excluded.exhausted_at)
            SELECT t.id, t.workspace_id, g.endpoint_id, t.attempt, t.error_class, t.error_message, g.type, g.event_key, t.settled_at
            FROM taken t LEFT JOIN given_up g ON g.id = t.id AND g.type <> ALL($2::text[]) ORDER BY t.id
            """, [.int64(Int64(limit)), .texts(types)])
        let told = try rows.compactMap { row -> ExhaustedDelivery? in
            guard let endpoint = try row.optionalID(2) else { return nil }
            return ExhaustedDelivery(
                job: JobID(try row.id(0)), workspace: WorkspaceID(try row.id(1)), endpoint: EndpointID(endpoint), attempts: try row.int32(3),
                errorClass: try row.optionalText(4), errorMessage: try row.optionalText(5), eventType: try row.text(6), eventKey: try row.text(7),
                at: try row.timestamp(8))
        }
        return (told, rows.count)
    }
}

extension LeaderTerm {
    /// To be asked in the transaction of what only a leader may write: it finds out whether it leads still. Who leads next does not wait for it.
    package func require(on connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            "SELECT 1 FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", parameters)
        if rows.isEmpty { throw LedgerError.termLost }
    }
}
