import Postgres
import Primitives

/// The statements that move dead jobs: row, log line and counters together, and for a single request the operators' record.
///
/// $1 workspace, $2 ids, $3 limit, from $4 on the filter. What follows begins at `next`.
enum DeadLetterStatement {
    /// Where an operation has got to.
    struct Progress {
        var cursor: JobID?
        /// Microseconds since 1970. What died later is not touched: a replayed job that dies again is not replayed for ever.
        var began: Int64
    }

    private static let next = 4 + DeadLetterFilter.parameterCount

    static func parameters(_ filter: DeadLetterFilter, ids: [JobID]?, workspace: WorkspaceID, limit: Int) -> [PostgresValue] {
        [.id(workspace.value), ids.map { .ids($0.map(\.value)) } ?? .null, .int64(Int64(limit))] + filter.parameters
    }

    /// Ids are spelled out when there are some: else the plan would go through all dead letters to find them.
    static func selected(_ filter: DeadLetterFilter, ids: [JobID]?) -> String {
        "workspace_id = $1 AND \(ids == nil ? "$2::uuid[] IS NULL" : "id = ANY ($2)") AND \(filter.condition(from: 4))"
    }

    /// What would be done.
    static func preview(_ move: DeadLetterMove, _ filter: DeadLetterFilter, ids: [JobID]?) -> String {
        "WITH \(choose(move, from: selected(filter, ids: ids), locking: false)) SELECT \(answer), may FROM chosen c ORDER BY c.id"
    }

    /// One request: the rows, and the operators' record.
    static func request(_ move: DeadLetterMove, _ filter: DeadLetterFilter, ids: [JobID]?, actor: String) -> (String, [PostgresValue]) {
        let detail = ids == nil ? "json_build_object('filter', \(DeadLetterFilter.json(from: 4)))::text" : "NULL"
        let acted = """
            acted AS (
                INSERT INTO operator_actions (workspace_id, actor, action, job_ids, detail)
                SELECT $1, $\(next + 1), '\(move.action)', array_agg(id ORDER BY id), \(detail) FROM moved HAVING count(*) > 0)
            """
        let statement = "WITH \(choose(move, from: selected(filter, ids: ids), locking: true)), \(moved(move)), \(acted) \(result)"
        return (statement, [.int16(CounterSlot.any().number), .text(actor)])
    }

    /// One step of an operation, whose record was made when it began.
    static func step(_ move: DeadLetterMove, _ filter: DeadLetterFilter, ids: [JobID]?, progress: Progress) -> (String, [PostgresValue]) {
        let rest = selected(filter, ids: ids) + remaining(from: next + 1)
        return (
            "WITH \(choose(move, from: rest, locking: true)), \(moved(move)) \(result)",
            [.int16(CounterSlot.any().number)] + progress.parameters
        )
    }

    /// Whether an operation has anything left. A step that got fewer than it asked for does not say so: of rows that it waited for and that were
    /// somebody else's by then, none is in its answer.
    static func isAnythingLeft(_ filter: DeadLetterFilter, ids: [JobID]?, progress: Progress) -> (String, [PostgresValue]) {
        (
            "SELECT 1 FROM jobs WHERE \(selected(filter, ids: ids))\(remaining(from: next)) ORDER BY workspace_id, id LIMIT $3",
            progress.parameters
        )
    }

    private static func remaining(from first: Int) -> String { " AND id > $\(first) AND settled_at <= $\(first + 1)" }

    /// Locked in the order of ids, so that two operators cannot wait for each other.
    private static func choose(_ move: DeadLetterMove, from condition: String, locking: Bool) -> String {
        """
        named AS (
            SELECT id, workspace_id, kind, queue, lane, priority, lane_key, unique_key FROM jobs WHERE \(condition)
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

    private static let answer = "c.id, c.queue, c.lane, c.priority, c.lane_key"
    private static let result = "SELECT \(answer), m.id IS NOT NULL FROM chosen c LEFT JOIN moved m ON m.id = c.id ORDER BY c.id"

    /// The log line keeps the error that the job had died of. Its attempt is the one that comes next, or for a discard the last one.
    private static func moved(_ move: DeadLetterMove) -> String {
        let (change, outcome, counters) =
            switch move {
            case .replay:
                (
                    """
                    state = 'pending', attempt = j.attempt + 1, failures = 0, reclaims = 0, run_at = now(), revived_at = now(), delayed = false, settled_at = NULL,
                    cancel_reason = NULL, cancelled_by = NULL, not_after = CASE WHEN j.not_after > now() THEN j.not_after END
                    """,
                    "replayed", ""
                )
            case .discard: ("state = 'cancelled', settled_at = now()", "discarded", ", cancelled = cancelled + (SELECT count(*) FROM moved)")
            }
        return """
            moved AS (
                UPDATE jobs j SET \(change)
                FROM chosen c WHERE j.id = c.id AND c.may AND j.state = 'dead'
                RETURNING j.id, j.workspace_id, j.kind, j.lane, j.attempt, j.error_class, j.error_message),
            logged AS (
                INSERT INTO integration_log (workspace_id, type, job_id, kind, lane, attempt, outcome, error_class, message)
                SELECT workspace_id, '\(move.rawValue)', id, kind, lane, attempt, '\(outcome)', error_class, error_message FROM moved),
            counted AS (
                UPDATE ledger_counters SET dead = dead - (SELECT count(*) FROM moved)\(counters) WHERE slot = $\(next))
            """
    }
}

extension DeadLetterStatement.Progress {
    fileprivate var parameters: [PostgresValue] {
        [.id(cursor?.value ?? Identifier(high: 0, low: 0)), .timestamp(microsecondsSince1970: began)]
    }
}
