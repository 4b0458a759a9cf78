package import Postgres
package import Primitives

/// Operations on dead letters, as operators begin, watch and steer them.
package struct DeadLetterOperationTable: Sendable {
    package enum Start: Sendable {
        case begun(DeadLetterOperation)
        /// The request was made before with the same idempotency key.
        case repeated(DeadLetterOperation)
        case mismatch
        case inProgress
        /// The workspace has as many open ones as it may.
        case tooMany
    }

    package enum Steering: String, Sendable, CaseIterable {
        case cancel, pause, resume

        /// Pausing what is paused, or resuming what runs, is no fault. A failed one may be tried again.
        var from: [DeadLetterOperation.State] {
            switch self {
            case .cancel: [.running, .paused, .failed]
            case .pause: [.running, .paused]
            case .resume: [.running, .paused, .failed]
            }
        }
        var state: DeadLetterOperation.State {
            switch self {
            case .cancel: .cancelled
            case .pause: .paused
            case .resume: .running
            }
        }
    }

    package enum Answer: Sendable {
        case done(DeadLetterOperation)
        /// It has ended, and stays as it is.
        case over(DeadLetterOperation)
        case notFound
    }

    /// Open ones of a workspace.
    package static let mostOpen = 20
    /// Jobs a second.
    package static let rates: ClosedRange<Int64> = 1...5000

    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Counts what there is to do and puts the operation where the leader finds it, together with the operators' record.
    package func begin(
        _ action: DeadLetterMove, of selection: DeadLetterSelection, rate: Int32? = nil, workspace: WorkspaceID, author: String,
        claim: IdempotencyClaim? = nil
    ) async throws -> Start {
        do {
            return try await pool.withTransaction { connection in
                if let claim, let answer = try await Self.take(claim, workspace: workspace, on: connection) { return answer }
                guard let operation = try await Self.insert(action, selection, rate: rate, workspace: workspace, author: author, on: connection) else {
                    throw TooMany()
                }
                if let claim { try await ClaimTable.store([(claim, operation.id.description)], on: connection) }
                return .begun(operation)
            }
        } catch is TooMany {
            return .tooMany
        }
    }

    /// Newest first, those before the given one.
    package func list(
        workspace: WorkspaceID, state: DeadLetterOperation.State? = nil, before: DeadLetterOperationID?, limit: Int
    ) async throws -> [DeadLetterOperation] {
        let rows = try await pool.query(
            """
            SELECT \(DeadLetterOperation.columns) FROM dead_letter_operations
            WHERE workspace_id = $1 AND id < $2 AND ($4::text IS NULL OR state = $4) ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [.id(workspace.value), .id(before), .int64(Int64(limit)), .optional(state?.rawValue)])
        return try rows.map(DeadLetterOperation.init)
    }

    package func find(_ id: DeadLetterOperationID, workspace: WorkspaceID) async throws -> DeadLetterOperation? {
        try await pool.withConnection { try await Self.find(id, workspace: workspace, on: $0) }
    }

    /// A step that is under way ends first: after the answer to a pause or a cancel no job is moved. A resumed one goes on at its rate from now on.
    package func steer(_ id: DeadLetterOperationID, _ steering: Steering, workspace: WorkspaceID, actor: String) async throws -> Answer {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE dead_letter_operations SET state = $3, updated_at = now(), next_at = CASE state WHEN 'running' THEN next_at ELSE now() END,
                    error = NULL, ended_at = CASE $3 WHEN 'cancelled' THEN now() END
                WHERE id = $1 AND workspace_id = $2 AND state = ANY ($4) RETURNING \(DeadLetterOperation.columns)
                """,
                [.id(id.value), .id(workspace.value), .text(steering.state.rawValue), .texts(steering.from.map(\.rawValue))])
            guard let row = rows.first else {
                return try await Self.find(id, workspace: workspace, on: connection).map { .over($0) } ?? .notFound
            }
            try await OperatorActionTable.record(
                workspace: workspace, actor: actor, action: "dead_letter_operations.\(steering.rawValue)", detail: #"{"operationId":"\#(id)"}"#,
                on: connection)
            return .done(try DeadLetterOperation(row))
        }
    }

    /// Thrown, so that the transaction leaves the idempotency key unused.
    private struct TooMany: Error {}

    /// Nil when the key is new.
    private static func take(_ claim: IdempotencyClaim, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Start? {
        switch try await ClaimTable.take([claim], on: connection).first {
        case .granted?: return nil
        case .replayed(let answer)?:
            guard let id = DeadLetterOperationID(answer) else { return .inProgress }
            return try await find(id, workspace: workspace, on: connection).map { .repeated($0) } ?? .inProgress
        case .mismatch?: return .mismatch
        case .inProgress?, nil: return .inProgress
        }
    }

    private static func find(
        _ id: DeadLetterOperationID, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> DeadLetterOperation? {
        let rows = try await connection.query(
            "SELECT \(DeadLetterOperation.columns) FROM dead_letter_operations WHERE id = $1 AND workspace_id = $2",
            [.id(id.value), .id(workspace.value)])
        return try rows.first.map(DeadLetterOperation.init)
    }

    /// Nil when the workspace has too many.
    private static func insert(
        _ action: DeadLetterMove, _ selection: DeadLetterSelection, rate: Int32?, workspace: WorkspaceID, author: String,
        on connection: PostgresConnection
    ) async throws -> DeadLetterOperation? {
        let (filter, ids, limit) = selection.parts
        let id: DeadLetterOperationID = IdentifierSource.system.next()
        let next = 4 + DeadLetterFilter.parameterCount
        let rows = try await connection.query(
            """
            WITH begun AS (
                INSERT INTO dead_letter_operations (id, workspace_id, action, author, job_ids, \(DeadLetterFilter.columns), rate, most, total)
                SELECT $\(next), $1, $\(next + 1), $\(next + 2), $2,
                    $4, $5, $6, $7, $8, $9, $10, $\(next + 3), $\(next + 4),
                    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE \(DeadLetterStatement.selected(filter, ids: ids)) LIMIT $3) t)
                WHERE (SELECT count(*) FROM dead_letter_operations WHERE workspace_id = $1 AND state IN ('running', 'paused')) < \(mostOpen)
                RETURNING *),
            acted AS (
                INSERT INTO operator_actions (workspace_id, actor, action, detail)
                SELECT workspace_id, author, '\(action.action)', json_strip_nulls(json_build_object(
                    'operationId', $\(next + 5)::text, 'filter', \(DeadLetterFilter.json(from: 4)), 'ids', cardinality(job_ids), 'rate', rate,
                    'limit', most, 'total', total))::text FROM begun)
            SELECT \(DeadLetterOperation.columns) FROM begun
            """,
            DeadLetterStatement.parameters(filter, ids: ids, workspace: workspace, limit: limit ?? .max) + [
                .id(id.value), .text(action.rawValue), .text(author), rate.map { .int32($0) } ?? .null, limit.map { .int64(Int64($0)) } ?? .null,
                .text(id.description),
            ])
        return try rows.first.map(DeadLetterOperation.init)
    }
}
