import Postgres
import Primitives

extension DeadLetterTable {
    enum Move {
        case replay, discard
    }

    /// A unique key can be taken between the look at it and the write; another look then sees who has it.
    private static let mostTries = 5

    func move(_ selection: Selection, by move: Move, workspace: WorkspaceID, actor: String, isDryRun: Bool) async throws -> Report {
        let rows = try await rows(of: selection, by: move, workspace: workspace, actor: actor, isDryRun: isDryRun)
        var chosen: [JobID: Bool] = [:]
        var order: [JobID] = []
        var replayed: [Replayed] = []
        for row in rows {
            let id = JobID(try row.id(0))
            let isDone = try row.bool(1)
            chosen[id] = isDone
            order.append(id)
            if isDone, move == .replay, !isDryRun {
                replayed.append(Replayed(id: id, queue: try row.text(2), lane: try row.text(3), priority: try row.int16(4)))
            }
        }
        func verdict(_ id: JobID) -> DeadLetterResult? { chosen[id].map { $0 ? .done : .uniqueKeyTaken } }
        guard case .ids(let ids) = selection else {
            return Report(results: order.compactMap { id in verdict(id).map { (id, $0) } }, replayed: replayed)
        }
        let existing = try await existing(ids.filter { chosen[$0] == nil }, workspace: workspace)
        var seen: Set<JobID> = []
        let results = ids.filter { seen.insert($0).inserted }.map { id in
            (id: id, result: verdict(id) ?? (existing.contains(id) ? .notDead : .notFound))
        }
        return Report(results: results, replayed: replayed)
    }

    private func rows(of selection: Selection, by move: Move, workspace: WorkspaceID, actor: String, isDryRun: Bool) async throws -> PostgresRows {
        let (filter, ids, limit): (JobTable.Filter, [JobID]?, Int) =
            switch selection {
            case .ids(let ids): (JobTable.Filter().dead, ids, ids.count)
            case .matching(let filter, let limit): (filter.dead, nil, limit)
            }
        let choice: [PostgresValue] =
            [.id(workspace.value), ids.map { .ids($0.map(\.value)) } ?? .null, .int64(Int64(limit))] + filter.parameters
        let choose = Self.choose(filter, by: move, locking: !isDryRun)
        if isDryRun {
            return try await pool.query("WITH \(choose) SELECT id, may, queue, lane, priority FROM chosen ORDER BY id", choice)
        }
        let statement = "WITH \(choose), \(move == .replay ? Self.replay : Self.discard)"
        var tries = 1
        while true {
            do {
                return try await pool.withTransaction { connection in
                    try await connection.query(statement, choice + [.text(actor), .int16(CounterSlot.any().number)])
                }
            } catch let error as PostgresError where error.code == .constraint("jobs_unique") {
                guard tries < Self.mostTries else { throw LedgerError.changedMeanwhile }
                tries += 1
            }
        }
    }

    private func existing(_ ids: [JobID], workspace: WorkspaceID) async throws -> Set<JobID> {
        guard !ids.isEmpty else { return [] }
        let rows = try await pool.query(
            "SELECT id FROM jobs WHERE workspace_id = $1 AND id = ANY ($2::uuid[])", [.id(workspace.value), .ids(ids.map(\.value))])
        return Set(try rows.map { JobID(try $0.id(0)) })
    }

    /// $1 workspace, $2 ids, $3 limit, $4 to $7 the filter. Locked in the order of ids, so that two operators cannot wait for each other.
    private static func choose(_ filter: JobTable.Filter, by move: Move, locking: Bool) -> String {
        """
        named AS (
            SELECT id, workspace_id, kind, queue, lane, priority, unique_key FROM jobs
            WHERE workspace_id = $1 AND ($2::uuid[] IS NULL OR id = ANY ($2)) AND \(filter.condition(from: 4))
            ORDER BY workspace_id, id LIMIT $3 \(locking ? "FOR UPDATE" : "")),
        chosen AS (
            SELECT n.*, \(move == .discard ? "true" : mayReplay) AS may FROM named n)
        """
    }

    /// Of several dead jobs with one unique key the oldest comes back, and none while a pending job has it.
    private static let mayReplay = """
        n.unique_key IS NULL OR (
            row_number() OVER (PARTITION BY n.kind, n.unique_key ORDER BY n.id) = 1
            AND NOT EXISTS (
                SELECT 1 FROM jobs p WHERE p.workspace_id = n.workspace_id AND p.kind = n.kind AND p.unique_key = n.unique_key
                AND p.state = 'pending'))
        """

    /// $8 actor, $9 counter slot. Row, log line, counters and the operator's action in one statement.
    private static let replay = """
        moved AS (
            UPDATE jobs j SET state = 'pending', attempt = j.attempt + 1, failures = 0, reclaims = 0, run_at = now(), delayed = false,
                settled_at = NULL
            FROM chosen c WHERE j.id = c.id AND c.may AND j.state = 'dead'
            RETURNING j.id, j.workspace_id, j.kind, j.lane, j.attempt, j.error_class, j.error_message),
        \(record(action: "dead_letters.replay", type: "replay", outcome: "replayed")),
        counted AS (
            UPDATE ledger_counters SET dead = dead - (SELECT count(*) FROM moved) WHERE slot = $9)
        SELECT c.id, m.id IS NOT NULL, c.queue, c.lane, c.priority FROM chosen c LEFT JOIN moved m ON m.id = c.id ORDER BY c.id
        """

    private static let discard = """
        moved AS (
            UPDATE jobs j SET state = 'cancelled', settled_at = now()
            FROM chosen c WHERE j.id = c.id AND c.may AND j.state = 'dead'
            RETURNING j.id, j.workspace_id, j.kind, j.lane, j.attempt, j.error_class, j.error_message),
        \(record(action: "dead_letters.discard", type: "discard", outcome: "discarded")),
        counted AS (
            UPDATE ledger_counters SET dead = dead - (SELECT count(*) FROM moved), cancelled = cancelled + (SELECT count(*) FROM moved)
            WHERE slot = $9)
        SELECT c.id, m.id IS NOT NULL, c.queue, c.lane, c.priority FROM chosen c LEFT JOIN moved m ON m.id = c.id ORDER BY c.id
        """

    /// The log line keeps the error that the job had died of. Its attempt is the one that comes next, or for a discard the last one.
    private static func record(action: String, type: String, outcome: String) -> String {
        """
        logged AS (
            INSERT INTO integration_log (workspace_id, type, job_id, kind, lane, attempt, outcome, error_class, message)
            SELECT workspace_id, '\(type)', id, kind, lane, attempt, '\(outcome)', error_class, error_message FROM moved),
        acted AS (
            INSERT INTO operator_actions (workspace_id, actor, action, job_ids)
            SELECT $1, $8, '\(action)', array_agg(id ORDER BY id) FROM moved HAVING count(*) > 0)
        """
    }
}
