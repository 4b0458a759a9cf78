internal import Postgres
internal import Primitives

/// Reads a page of a workspace's rows, newest first. Conditions are part of the statement only when there are any: one plan each, which an index serves.
struct NewestFirst {
    /// A search looks at so many of the newest rows before it asks the index of words. A word that many rows have is found among them at once; one that
    /// is not is rare enough for all of its rows to be fetched and sorted.
    private static let recent = 4000

    private let table: String
    private let columns: String
    private var conditions: [String] = []
    private var parameters: [PostgresValue]

    init<Thing>(_ table: String, columns: String, workspace: Identifier, before: ID<Thing>?) {
        self.table = table
        self.columns = columns
        parameters = [.id(workspace), .id(before)]
    }

    /// - Parameter condition: `$?` in it is the value.
    mutating func require(_ condition: String, _ value: PostgresValue?) {
        guard let value else { return }
        parameters.append(value)
        conditions.append(condition.replacing("$?", with: "$\(parameters.count)"))
    }

    func rows(limit: Int, on pool: PostgresPool) async throws -> PostgresRows {
        try await pool.query(statement(conditions, limit: limit), parameters)
    }

    /// Rows that have all of the words; all rows when none are asked for.
    func rows(matching words: SearchWords?, limit: Int, on pool: PostgresPool) async throws -> [PostgresRow] {
        guard let words else { return Array(try await rows(limit: limit, on: pool)) }
        if words.isEmpty { return [] }
        let filter = (["words @@ $\(parameters.count + 1)::tsquery"] + conditions).joined(separator: " AND ")
        let parameters = parameters + [words.query]
        let recent = try await pool.query(
            """
            SELECT \(columns) FROM (
                SELECT * FROM \(table) WHERE workspace_id = $1 AND id < $2 ORDER BY workspace_id DESC, id DESC LIMIT \(Self.recent)) newest
            WHERE \(filter) ORDER BY id DESC LIMIT \(limit)
            """, parameters)
        guard recent.count < limit else { return Array(recent) }
        // Materialized: else the planner may walk the rows by age after all, in the hope to meet the word soon.
        let all = try await pool.query(
            """
            WITH found AS MATERIALIZED (SELECT * FROM \(table) WHERE workspace_id = $1 AND \(filter))
            SELECT \(columns) FROM found WHERE id < $2 ORDER BY id DESC LIMIT \(limit)
            """, parameters)
        return Array(all)
    }

    private func statement(_ conditions: [String], limit: Int) -> String {
        let more = conditions.map { " AND \($0)" }.joined()
        return """
            SELECT \(columns) FROM \(table) WHERE workspace_id = $1 AND id < $2\(more) ORDER BY workspace_id DESC, id DESC LIMIT \(limit)
            """
    }
}
