import Postgres
package import Primitives

/// What the leader does with replays. Deliveries, progress and cursor are one transaction, which locks the replay's row and looks at the leader's
/// term: after a crash at any moment the next leader goes on where the last commit was, and of two that believe to lead one waits for the other.
extension ReplayTable {
    package enum Step: Sendable {
        /// What was made or revived, for the index.
        case moved([DeadLetterTable.Replayed])
        /// It is not running any more.
        case idle
    }

    /// A step as it goes.
    private struct Walk {
        var cursor: Identifier?
        var candidates: [ReplayStatement.Candidate] = []
        var skipped = 0
        var isOver = false
    }

    /// Deliveries made in one step, whose bodies it holds, and pages that it looks through for them.
    package static let mostInStep = 200
    private static let mostPages = 20

    /// Those that run, the longest waiting first. None when the term has passed on.
    package func running(limit: Int, term: LeaderTerm) async throws -> [(id: ReplayID, isDue: Bool)] {
        let rows = try await pool.query(
            """
            SELECT id, next_at <= now() FROM replays WHERE state = 'running'
                AND EXISTS (SELECT 1 FROM leaders WHERE name = $2 AND holder = $3 AND term = $4 AND expires_at > now())
            ORDER BY next_at LIMIT $1
            """, [.int64(Int64(limit))] + term.parameters)
        return try rows.map { (id: ReplayID(try $0.id(0)), isDue: try $0.bool(1)) }
    }

    /// Makes as many deliveries as the rate allows by now.
    package func step(_ id: ReplayID, term: LeaderTerm) async throws -> Step {
        try await DeadLetterTable.retryingKeys {
            try await pool.withTransaction { connection in
                let leading = try await connection.query(
                    "SELECT now() FROM leaders WHERE name = $1 AND holder = $2 AND term = $3 AND expires_at > now()", term.parameters)
                guard let now = try leading.first?.timestamp(0) else { throw LedgerError.termLost }
                let rows = try await connection.query(
                    "SELECT \(Replay.columns), workspace_id, cursor, next_at FROM replays WHERE id = $1 AND state = 'running' FOR UPDATE",
                    [.id(id.value)])
                guard let row = rows.first else { return .idle }
                let replay = try Replay(row)
                let workspace = WorkspaceID(try row.id(Replay.columnCount))
                guard
                    let receiver = try await ReplayReceiver.find(
                        replay.selection.endpoint, workspace: workspace, isLocking: true, on: connection)
                else {
                    try await Self.end(id, as: .failed, because: "the endpoint was deleted", on: connection)
                    return .idle
                }
                let pace = DeadLetterPace(rate: replay.rate, next: try row.timestamp(Replay.columnCount + 2), now: now)
                return .moved(
                    try await step(replay, receiver, cursor: try row.optionalID(Replay.columnCount + 1), pace: pace, on: connection))
            }
        }
    }

    /// For what another try would not mend. It may be resumed.
    package func fail(_ id: ReplayID, because reason: String) async throws {
        try await pool.withConnection { try await Self.end(id, as: .failed, because: reason, on: $0) }
    }

    private static func end(_ id: ReplayID, as state: Replay.State, because reason: String, on connection: PostgresConnection) async throws {
        _ = try await connection.query(
            "UPDATE replays SET state = $2, error = $3, updated_at = now(), ended_at = now() WHERE id = $1 AND state = 'running'",
            [.id(id.value), .text(state.rawValue), .text(Settlement.storable(reason))])
    }

    private func step(
        _ replay: Replay, _ receiver: ReplayReceiver, cursor: Identifier?, pace: DeadLetterPace, on connection: PostgresConnection
    ) async throws -> [DeadLetterTable.Replayed] {
        let count = pace.allowed(most: Self.mostInStep)
        guard count > 0, let until = replay.selection.until else { return [] }
        let walk = try await walk(
            ReplayStatement(selection: replay.selection, receiver: receiver, until: until), keepsBodiless: replay.revives, count: count, from: cursor,
            on: connection)
        let moved =
            replay.revives
            ? try await revive(walk.candidates.map { JobID($0.position) }, replay, receiver, until: until, on: connection)
            : try await make(walk.candidates, replay, receiver, on: connection)
        let skipped = walk.skipped + walk.candidates.count - moved.count
        _ = try await connection.query(
            """
            UPDATE replays SET done = done + $2, skipped = skipped + $3, cursor = $4, next_at = $5, updated_at = now(),
                state = CASE WHEN $6 THEN 'done' ELSE state END, ended_at = CASE WHEN $6 THEN now() END
            WHERE id = $1
            """,
            [
                .id(replay.id.value), .int64(Int64(moved.count)), .int64(Int64(skipped)), walk.cursor.map { .id($0) } ?? .null,
                .timestamp(microsecondsSince1970: pace.next(afterMoving: walk.candidates.count)), .bool(walk.isOver),
            ])
        return moved
    }

    /// Goes on until it has as many as it may, has looked at its pages, or is at the end.
    private func walk(
        _ statement: ReplayStatement, keepsBodiless: Bool, count: Int, from cursor: Identifier?, on connection: PostgresConnection
    ) async throws -> Walk {
        let filter = statement.selection.choice == .missing ? statement.receiver.filter : nil
        let limit = filter == nil ? count : max(count, Self.mostAtOnce)
        var walk = Walk(cursor: cursor)
        for _ in 0..<Self.mostPages {
            let end = try await statement.endOfPage(after: walk.cursor, on: connection)
            let found = try await statement.candidates(after: walk.cursor, upTo: end ?? ReplayStatement.last, limit: limit, on: connection)
            for candidate in found {
                guard walk.candidates.count < count else { return walk }
                walk.cursor = candidate.position
                guard let item = ReplayWork.Item(candidate) else {
                    if keepsBodiless { walk.candidates.append(candidate) } else { walk.skipped += 1 }
                    continue
                }
                if let filter, !work.passes(item, filter) { continue }
                walk.candidates.append(candidate)
            }
            guard found.count < limit else { return walk }
            guard let end else {
                walk.isOver = true
                return walk
            }
            walk.cursor = end
            if !walk.candidates.isEmpty { return walk }
        }
        return walk
    }

    /// New deliveries, with the full schedule before them.
    private func make(
        _ candidates: [ReplayStatement.Candidate], _ replay: Replay, _ receiver: ReplayReceiver, on connection: PostgresConnection
    ) async throws -> [DeadLetterTable.Replayed] {
        let orders = candidates.map { candidate in
            DeliveryReplay.Order(
                event: candidate.event, endpoint: receiver.endpoint, first: candidate.first, url: replay.url, replay: replay.id)
        }
        return try await work.deliveries.insert(orders, workspace: receiver.workspace, trace: nil, on: connection).map(\.job).map { job in
            DeadLetterTable.Replayed(id: job.id, queue: job.queue, lane: job.lane, priority: job.priority, laneKey: job.laneKey)
        }
    }

    /// Dead jobs wait again, as a replay of dead letters leaves them, and tell their receiver that they come again.
    private func revive(
        _ jobs: [JobID], _ replay: Replay, _ receiver: ReplayReceiver, until: Int64, on connection: PostgresConnection
    ) async throws -> [DeadLetterTable.Replayed] {
        guard !jobs.isEmpty else { return [] }
        let (statement, rest) = DeadLetterStatement.step(
            .replay, DeadLetterFilter(), ids: jobs, progress: DeadLetterStatement.Progress(cursor: nil, began: until))
        let parameters = DeadLetterStatement.parameters(DeadLetterFilter(), ids: jobs, workspace: receiver.workspace, limit: jobs.count)
        let moved = try await connection.query(statement, parameters + rest).map(DeadLetterTable.Chosen.init).filter(\.isDone).map(\.job)
        let ids = PostgresValue.ids(moved.map(\.id.value))
        _ = try await connection.query("UPDATE deliveries SET is_replay = true, replay_id = $2 WHERE id = ANY ($1)", [ids, .id(replay.id.value)])
        let payloads = try await connection.query("SELECT id, payload FROM jobs WHERE id = ANY ($1)", [ids])
        _ = try await connection.query(
            "UPDATE jobs j SET payload = t.payload FROM unnest($1::uuid[], $2::text[]) AS t (id, payload) WHERE j.id = t.id",
            [.ids(try payloads.map { try $0.id(0) }), .texts(try payloads.map { work.flagged(try $0.text(1)) })])
        return moved
    }
}
