package import Postgres
package import Primitives

/// Erasures, as operators begin and watch them.
package struct ErasureTable: Sendable {
    package enum Answer: Sendable {
        case done(Erasure)
        /// It has ended, and stays as it is.
        case over(Erasure)
        case notFound
    }

    /// Running ones of a workspace.
    package static let mostOpen = 20

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Puts it where the leader finds it, with the operators' record, which does not say who is erased. In a transaction of the caller's.
    /// - Returns: nil when the workspace has too many.
    package func begin(
        _ subject: ErasureSubject, isDryRun: Bool, workspace: WorkspaceID, author: String, on connection: PostgresConnection
    ) async throws -> Erasure? {
        let id: ErasureID = IdentifierSource.system.next()
        let rows = try await connection.query(
            """
            INSERT INTO erasures (id, workspace_id, author, kind, subject, dry_run)
            SELECT $1, $2, $3, $4, $5, $6
            WHERE (SELECT count(*) FROM erasures WHERE workspace_id = $2 AND state = 'running') < \(Self.mostOpen)
            RETURNING \(Erasure.columns)
            """,
            [
                .id(id.value), .id(workspace.value), .text(author), .text(subject.kind.rawValue), .text(subject.text.exposed), .bool(isDryRun),
            ])
        guard let erasure = try rows.first.map(Erasure.init) else { return nil }
        try await OperatorActionTable.record(
            workspace: workspace, actor: author, action: "erasures.begin",
            detail: #"{"erasureId":"\#(id)","by":"\#(subject.kind.rawValue)","dryRun":\#(isDryRun)}"#, on: connection)
        return erasure
    }

    /// Newest first, those before the given one.
    package func list(workspace: WorkspaceID, state: Erasure.State? = nil, before: ErasureID?, limit: Int) async throws -> [Erasure] {
        let rows = try await pool.query(
            """
            SELECT \(Erasure.columns) FROM erasures WHERE workspace_id = $1 AND id < $2 AND ($4::text IS NULL OR state = $4)
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """, [.id(workspace.value), .id(before), .int64(Int64(limit)), .optional(state?.rawValue)])
        return try rows.map(Erasure.init)
    }

    package func find(_ id: ErasureID, workspace: WorkspaceID) async throws -> Erasure? {
        try await pool.withConnection { try await Self.find(id, workspace: workspace, on: $0) }
    }

    /// What is erased stays erased.
    package func cancel(_ id: ErasureID, workspace: WorkspaceID, actor: String) async throws -> Answer {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE erasures SET state = 'cancelled', subject = NULL, updated_at = now(), ended_at = now()
                WHERE id = $1 AND workspace_id = $2 AND state = 'running' RETURNING \(Erasure.columns)
                """, [.id(id.value), .id(workspace.value)])
            guard let row = rows.first else {
                return try await Self.find(id, workspace: workspace, on: connection).map { .over($0) } ?? .notFound
            }
            try await OperatorActionTable.record(
                workspace: workspace, actor: actor, action: "erasures.cancel", detail: #"{"erasureId":"\#(id)"}"#, on: connection)
            return .done(try Erasure(row))
        }
    }

    private static func find(_ id: ErasureID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Erasure? {
        try await connection.query(
            "SELECT \(Erasure.columns) FROM erasures WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)]
        ).first.map(Erasure.init)
    }
}
