import Postgres
package import Primitives

/// What the leader does with operations: it moves a few jobs of each at a time. Jobs, progress and cursor are one transaction, which locks the
/// operation's row and looks at the leader's term: after a crash at any moment the next leader goes on where the last commit was, and of two
/// that believe to lead one waits for the other and goes on behind it. So no job is moved twice by one operation.
extension DeadLetterOperationTable {
    package struct Running: Sendable {
        package var id: DeadLetterOperationID
        /// Its rate lets a job go now.
        package var isDue: Bool
    }

    package enum Step: Sendable {
        /// The replayed ones are for the index.
        case moved(replayed: [DeadLetterTable.Replayed])
        /// It is not running any more.
        case idle
    }

    /// Jobs moved in one step.
    private static let mostInStep = 1000

    /// Those that run, the longest waiting first. None when the term has passed on.
    package func running(limit: Int, term: LeaderTerm) async throws -> [Running] {
        let rows = try await pool.query(
            """
            SELECT id, next_at <= now() FROM dead_letter_operations WHERE state = 'running'
                AND EXISTS (SELECT 1 FROM leaders WHERE name = $2 AND holder = $3 AND term = $4 AND expires_at > now())
            ORDER BY next_at LIMIT $1
            """, [.int64(Int64(limit))] + term.parameters)
        return try rows.map { Running(id: DeadLetterOperationID(try $0.id(0)), isDue: try $0.bool(1)) }
    }

    /// Moves as many jobs as the rate allows by now.
    package func step(_ id: DeadLetterOperationID, term: LeaderTerm) async throws -> Step {
        try await DeadLetterTable.retryingKeys {
            try await pool.withTransaction { connection in
                guard let now = try await Self.leading(term, on: connection) else { throw LedgerError.termLost }
                let rows = try await connection.query(
                    """
                    SELECT \(DeadLetterOperation.columns), workspace_id, cursor, next_at FROM dead_letter_operations
                    WHERE id = $1 AND state = 'running' FOR UPDATE
                    """, [.id(id.value)])
                guard let row = rows.first else { return .idle }
                let operation = try DeadLetterOperation(row)
                let last = DeadLetterOperation.columnCount
                return try await Self.step(
                    operation, workspace: WorkspaceID(try row.id(last)), cursor: try row.optionalID(last + 1).map { JobID($0) },
                    pace: DeadLetterPace(rate: operation.rate, next: try row.timestamp(last + 2), now: now), on: connection)
            }
        }
    }

    /// For what another try would not mend. An operator may resume it.
    package func fail(_ id: DeadLetterOperationID, because reason: String) async throws {
        _ = try await pool.query(
            """
            UPDATE dead_letter_operations SET state = 'failed', error = $2, updated_at = now(), ended_at = now() WHERE id = $1 AND state = 'running'
            """, [.id(id.value), .text(Settlement.storable(reason))])
    }

    /// The ledger's time; nil when the term has passed on.
    private static func leading(_ term: LeaderTerm, on connection: PostgresConnection) async throws -> Int64? {
        try await connection.query(
            "SELECT now() FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters
        ).first?.timestamp(0)
    }

    private static func step(
        _ operation: DeadLetterOperation, workspace: WorkspaceID, cursor: JobID?, pace: DeadLetterPace, on connection: PostgresConnection
    ) async throws -> Step {
        let most = min(Int64(mostInStep), (operation.limit ?? .max) - operation.processed)
        let count = pace.allowed(most: Int(most))
        guard count > 0 || most == 0 else { return .moved(replayed: []) }
        var progress = DeadLetterStatement.Progress(cursor: cursor, began: operation.createdAt)
        func parameters(_ limit: Int) -> [PostgresValue] {
            DeadLetterStatement.parameters(operation.filter, ids: operation.ids, workspace: workspace, limit: limit)
        }
        let (statement, rest) = DeadLetterStatement.step(operation.action, operation.filter, ids: operation.ids, progress: progress)
        let chosen = try await connection.query(statement, parameters(count) + rest).map(DeadLetterTable.Chosen.init)
        progress.cursor = chosen.last?.job.id ?? cursor
        var isOver = operation.processed + Int64(chosen.count) == operation.limit
        if !isOver, chosen.count < count {
            let (question, rest) = DeadLetterStatement.isAnythingLeft(operation.filter, ids: operation.ids, progress: progress)
            isOver = try await connection.query(question, parameters(1) + rest).isEmpty
        }
        let done = chosen.count { $0.isDone }
        _ = try await connection.query(
            """
            UPDATE dead_letter_operations SET done = done + $2, skipped = skipped + $3, cursor = $4, next_at = $5, updated_at = now(),
                state = CASE WHEN $6 THEN 'done' ELSE state END, ended_at = CASE WHEN $6 THEN now() END
            WHERE id = $1
            """,
            [
                .id(operation.id.value), .int64(Int64(done)), .int64(Int64(chosen.count - done)), progress.cursor.map { .id($0.value) } ?? .null,
                .timestamp(microsecondsSince1970: pace.next(afterMoving: chosen.count)), .bool(isOver),
            ])
        return .moved(replayed: operation.action == .replay ? chosen.filter(\.isDone).map(\.job) : [])
    }
}
