package import Postgres
package import Primitives

extension DeadLetterTable {
    /// A unique key can be taken between the look at it and the write; another look then sees who has it.
    private static let mostTries = 5

    /// A job that a statement chose.
    struct Chosen {
        var job: Replayed
        var isDone: Bool

        init(_ row: PostgresRow) throws {
            job = Replayed(
                id: JobID(try row.id(0)), queue: try row.text(1), lane: try row.text(2), priority: try row.int16(3), laneKey: try row.optionalText(4))
            isDone = try row.bool(5)
        }
    }

    /// At most `mostAtOnce`. The caller tells the index of the replayed ones, which the sweep would do as well, later.
    package func move(
        _ selection: DeadLetterSelection, by move: DeadLetterMove, workspace: WorkspaceID, actor: String, isDryRun: Bool = false
    ) async throws -> Report {
        try await Self.retryingKeys {
            try await pool.withTransaction { connection in
                try await Self.move(selection, by: move, workspace: workspace, actor: actor, isDryRun: isDryRun, on: connection)
            }
        }
    }

    /// The same in a transaction of the caller's, which `retryingKeys` may begin anew.
    package static func move(
        _ selection: DeadLetterSelection, by move: DeadLetterMove, workspace: WorkspaceID, actor: String, isDryRun: Bool,
        on connection: PostgresConnection
    ) async throws -> Report {
        let rows = try await rows(of: selection, by: move, workspace: workspace, actor: actor, isDryRun: isDryRun, on: connection)
        let chosen = try rows.map(Chosen.init)
        let replayed = move == .replay && !isDryRun ? chosen.filter(\.isDone).map(\.job) : []
        let verdicts = chosen.map { (id: $0.job.id, result: $0.isDone ? DeadLetterResult.done : .uniqueKeyTaken) }
        guard case .ids(let ids) = selection else { return Report(results: verdicts, replayed: replayed) }
        let known = Dictionary(uniqueKeysWithValues: verdicts.map { ($0.id, $0.result) })
        let existing = try await existing(ids.filter { known[$0] == nil }, workspace: workspace, on: connection)
        var seen: Set<JobID> = []
        let results = ids.filter { seen.insert($0).inserted }.map { id in
            (id: id, result: known[id] ?? (existing.contains(id) ? .notDead : .notFound))
        }
        return Report(results: results, replayed: replayed)
    }

    private static func rows(
        of selection: DeadLetterSelection, by move: DeadLetterMove, workspace: WorkspaceID, actor: String, isDryRun: Bool,
        on connection: PostgresConnection
    ) async throws -> PostgresRows {
        let (filter, ids, limit) = selection.parts
        let choice = DeadLetterStatement.parameters(filter, ids: ids, workspace: workspace, limit: min(limit ?? .max, mostAtOnce))
        if isDryRun { return try await connection.query(DeadLetterStatement.preview(move, filter, ids: ids), choice) }
        let (statement, rest) = DeadLetterStatement.request(move, filter, ids: ids, actor: actor)
        return try await connection.query(statement, choice + rest)
    }

    package static func retryingKeys<Result>(_ work: () async throws -> Result) async throws -> Result {
        var tries = 1
        while true {
            do {
                return try await work()
            } catch let error as PostgresError where error.code == .constraint("jobs_unique") {
                guard tries < mostTries else { throw LedgerError.changedMeanwhile }
                tries += 1
            }
        }
    }

    private static func existing(_ ids: [JobID], workspace: WorkspaceID, on connection: PostgresConnection) async throws -> Set<JobID> {
        guard !ids.isEmpty else { return [] }
        let rows = try await connection.query(
            "SELECT id FROM jobs WHERE workspace_id = $1 AND id = ANY ($2::uuid[])", [.id(workspace.value), .ids(ids.map(\.value))])
        return Set(try rows.map { JobID(try $0.id(0)) })
    }
}
