package import Postgres
package import Primitives

/// Replays, as users begin, watch and steer them.
package struct ReplayTable: Sendable {
    package typealias Steering = DeadLetterOperationTable.Steering

    package enum Start: Sendable {
        case begun(Replay)
        /// The workspace has no such endpoint.
        case notFound
        /// The workspace has as many open ones as it may.
        case tooMany
    }

    package enum Answer: Sendable {
        case done(Replay)
        /// It has ended, and stays as it is.
        case over(Replay)
        case notFound
    }

    /// How it is to be done.
    package struct Order: Sendable {
        package var selection: ReplaySelection
        /// Checked by the caller.
        package var url: String?
        package var rate: Int32?

        package init(_ selection: ReplaySelection, url: String? = nil, rate: Int32? = nil) {
            self.selection = selection
            self.url = url
            self.rate = rate
        }
    }

    /// Open ones of a workspace.
    package static let mostOpen = DeadLetterOperationTable.mostOpen
    /// Deliveries a second.
    package static let rates = DeadLetterOperationTable.rates
    /// Candidates that a filter is asked about at a time.
    static let mostAtOnce = 200

    let pool: PostgresPool
    let work: ReplayWork

    package init(pool: PostgresPool, work: ReplayWork) {
        self.pool = pool
        self.work = work
    }

    /// Counts what there is to do and puts the replay where the leader finds it, together with the operators' record, in a transaction of the caller's.
    package func begin(_ order: Order, workspace: WorkspaceID, author: String, on connection: PostgresConnection) async throws -> Start {
        let selection = order.selection
        guard let total = try await count(selection, workspace: workspace, on: connection) else { return .notFound }
        let id: ReplayID = IdentifierSource.system.next()
        let rows = try await connection.query(
            """
            WITH begun AS (
                INSERT INTO replays (id, workspace_id, endpoint_id, choice, author, since, until, event_types, job_state, url, rate, total)
                SELECT $1, $2, $3, $4, $5, $6, least($7::timestamptz, now()), $8, $9, $10, $11, $12
                WHERE (SELECT count(*) FROM replays WHERE workspace_id = $2 AND state IN ('running', 'paused')) < \(Self.mostOpen)
                RETURNING *),
            acted AS (
                INSERT INTO operator_actions (workspace_id, actor, action, detail)
                SELECT workspace_id, author, 'webhooks.replay', json_strip_nulls(json_build_object(
                    'replayId', $13::text, 'webhookId', $14::text, 'choice', choice, 'since', since, 'until', until, 'eventTypes', event_types,
                    'deliveryStatus', job_state, 'otherUrl', url IS NOT NULL, 'rate', rate, 'total', total))::text FROM begun)
            SELECT \(Replay.columns) FROM begun
            """,
            [
                .id(id.value), .id(workspace.value), .id(selection.endpoint.value), .text(selection.choice.rawValue), .text(author),
                .optional(time: selection.since), .optional(time: selection.until), .optional(texts: selection.eventTypes),
                .optional(selection.state?.rawValue), .optional(order.url), order.rate.map { .int32($0) } ?? .null, .int64(total),
                .text(id.description), .text(selection.endpoint.description),
            ])
        return try rows.first.map { .begun(try Replay($0)) } ?? .tooMany
    }

    /// Events whose bodies are read to be counted by a filter: a request waits for it, and holds a connection.
    private static let mostLookedInto = 100_000

    /// How much there is to do by now, exactly. Nil when the workspace has no such endpoint.
    package func count(_ selection: ReplaySelection, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Int64? {
        guard let receiver = try await ReplayReceiver.find(selection.endpoint, workspace: workspace, isLocking: false, on: connection),
            let now = try await connection.query("SELECT now()").first?.timestamp(0)
        else { return nil }
        let statement = ReplayStatement(selection: selection, receiver: receiver, until: min(selection.until ?? now, now))
        guard selection.choice == .missing, let filter = receiver.filter else { return try await statement.count(on: connection) }
        var (count, looked, cursor): (Int64, Int, Identifier?) = (0, 0, nil)
        while true {
            guard looked < Self.mostLookedInto else { throw LedgerError.tooMuchToCount }
            looked += Self.mostAtOnce
            let found = try await statement.candidates(after: cursor, upTo: ReplayStatement.last, limit: Self.mostAtOnce, on: connection)
            // One whose body is gone is counted: it will be looked at, and left out.
            count += Int64(found.count { candidate in ReplayWork.Item(candidate).map { work.passes($0, filter) } ?? true })
            guard found.count == Self.mostAtOnce, let last = found.last else { return count }
            cursor = last.position
        }
    }

    /// Newest first, those before the given one.
    package func list(
        workspace: WorkspaceID, endpoint: EndpointID? = nil, state: Replay.State? = nil, before: ReplayID?, limit: Int
    ) async throws -> [Replay] {
        let rows = try await pool.query(
            """
            SELECT \(Replay.columns) FROM replays
            WHERE workspace_id = $1 AND id < $2 AND ($4::text IS NULL OR state = $4) AND ($5::uuid IS NULL OR endpoint_id = $5)
            ORDER BY workspace_id DESC, id DESC LIMIT $3
            """,
            [
                .id(workspace.value), .id(before), .int64(Int64(limit)), .optional(state?.rawValue), endpoint.map { .id($0.value) } ?? .null,
            ])
        return try rows.map(Replay.init)
    }

    package func find(_ id: ReplayID, workspace: WorkspaceID) async throws -> Replay? {
        try await pool.withConnection { try await Self.find(id, workspace: workspace, on: $0) }
    }

    /// A step that is under way ends first: after the answer to a pause or a cancel nothing is made. What is made already is delivered.
    package func steer(_ id: ReplayID, _ steering: Steering, workspace: WorkspaceID, actor: String) async throws -> Answer {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                UPDATE replays SET state = $3, updated_at = now(), next_at = CASE state WHEN 'running' THEN next_at ELSE now() END,
                    error = NULL, ended_at = CASE $3 WHEN 'cancelled' THEN now() END
                WHERE id = $1 AND workspace_id = $2 AND state = ANY ($4) RETURNING \(Replay.columns)
                """,
                [.id(id.value), .id(workspace.value), .text(steering.state.rawValue), .texts(steering.from.map(\.rawValue))])
            guard let row = rows.first else {
                return try await Self.find(id, workspace: workspace, on: connection).map { .over($0) } ?? .notFound
            }
            try await OperatorActionTable.record(
                workspace: workspace, actor: actor, action: "replays.\(steering.rawValue)", detail: #"{"replayId":"\#(id)"}"#, on: connection)
            return .done(try Replay(row))
        }
    }

    private static func find(_ id: ReplayID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Replay? {
        try await connection.query(
            "SELECT \(Replay.columns) FROM replays WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)]
        ).first.map(Replay.init)
    }
}

extension ReplayWork.Item {
    /// Nil when its body is not kept any more.
    init?(_ candidate: ReplayStatement.Candidate) {
        guard let body = candidate.body else { return nil }
        self.init(type: candidate.type, body: body, metadata: candidate.metadata)
    }
}
