import Postgres
import Primitives

/// Where mentions of a person are looked for: columns of a table, walked in the order of its key.
struct ErasurePlace: Sendable {
    /// As it is counted, and shown.
    let name: String
    let table: String
    /// Columns of the order, with their types. The cursor is their text.
    let key: [(column: String, type: String)]
    /// Texts in which a mention is replaced.
    let columns: [String]
    /// Texts that go altogether with a mention: what is compared byte by byte would clash when several lost the same part of it.
    var dropped: [String] = []
    var condition = "true"
    /// Walked again when the jobs that were running have ended: they may have written something.
    var isWalkedTwice = false

    static let perPage: Int64 = 1000

    /// In this order. Never renumbered while an erasure may be running: a new one goes to the end.
    static let all: [ErasurePlace] = [
        ErasurePlace(
            name: "jobs", table: "jobs", key: [("id", "uuid")], columns: ["payload", "result", "error_message", "cancel_reason"],
            dropped: ["unique_key", "lane_key"], isWalkedTwice: true),
        ErasurePlace(name: "payloadVersions", table: "job_payload_versions", key: [("job_id", "uuid"), ("version", "int4")], columns: ["payload"]),
        ErasurePlace(name: "events", table: "events", key: [("id", "uuid")], columns: ["body", "metadata"]),
        ErasurePlace(name: "eventBodies", table: "event_bodies", key: [("event_id", "uuid")], columns: ["body"]),
        ErasurePlace(name: "schedules", table: "schedules", key: [("id", "uuid")], columns: ["payload"]),
        ErasurePlace(
            name: "requestLog", table: "integration_log", key: [("at", "timestamptz"), ("id", "int8")],
            columns: ["path", "principal", "message", "details", "request_body", "response_body"], condition: "type = 'request'", isWalkedTwice: true),
        ErasurePlace(
            name: "attemptLog", table: "integration_log", key: [("at", "timestamptz"), ("id", "int8")],
            columns: ["message", "details"], condition: "type <> 'request'", isWalkedTwice: true),
        ErasurePlace(name: "operatorActions", table: "operator_actions", key: [("id", "int8")], columns: ["detail"]),
        ErasurePlace(name: "idempotencyAnswers", table: "idempotency_keys", key: [("key", "text")], columns: ["answer"]),
    ]

    struct Row {
        var key: [String]
        var texts: [String?]
    }

    /// Where the page after the cursor ends; nil for the last one.
    func endOfPage(after cursor: [String]?, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> [String]? {
        let rows = try await connection.query(
            """
            SELECT \(keyTexts) FROM \(table) WHERE workspace_id = $1 AND (\(condition)) AND \(after(cursor, from: 2)) ORDER BY \(order) OFFSET \(Self.perPage - 1) LIMIT 1
            """, [.id(workspace.value)] + (cursor ?? []).map { .text($0) })
        return try rows.first.map { row in try key.indices.map { try row.text($0) } }
    }

    /// Rows of the page that may have a mention, locked.
    func suspects(
        after cursor: [String]?, upTo end: [String]?, pattern: String, workspace: WorkspaceID, isLocking: Bool, on connection: PostgresConnection
    ) async throws -> [Row] {
        let texts = columns + dropped
        let first = 3 + (cursor?.count ?? 0)
        let bound = end == nil ? "true" : "(\(keyColumns)) <= (\(values(from: first)))"
        let rows = try await connection.query(
            """
            SELECT \(keyTexts), \(texts.joined(separator: ", ")) FROM \(table)
            WHERE workspace_id = $1 AND (\(condition)) AND \(after(cursor, from: 3)) AND \(bound) AND (\(texts.map { "\($0) ~ $2" }.joined(separator: " OR ")))
            ORDER BY \(order) \(isLocking ? "FOR NO KEY UPDATE" : "")
            """, [.id(workspace.value), .text(pattern)] + ((cursor ?? []) + (end ?? [])).map { .text($0) })
        return try rows.map { row in
            Row(key: try key.indices.map { try row.text($0) }, texts: try texts.indices.map { try row.optionalText(key.count + $0) })
        }
    }

    /// The row without the mentions; nil when it has none.
    func erased(_ row: Row, _ subject: ErasureSubject) -> Row? {
        var (copy, hasChanged) = (row, false)
        for (index, text) in row.texts.enumerated() {
            guard let erased = text.flatMap(subject.erased) else { continue }
            copy.texts[index] = index < columns.count ? erased : nil
            hasChanged = true
        }
        return hasChanged ? copy : nil
    }

    func store(_ rows: [Row], workspace: WorkspaceID, on connection: PostgresConnection) async throws {
        guard !rows.isEmpty else { return }
        let texts = columns + dropped
        let arrays = (0..<key.count + texts.count).map { "$\($0 + 2)::text[]" }.joined(separator: ", ")
        let names = (key.indices.map { "k\($0)" } + texts.indices.map { "t\($0)" }).joined(separator: ", ")
        let changes = texts.enumerated().map { "\($1) = n.t\($0)" }.joined(separator: ", ")
        let same = key.enumerated().map { "r.\($1.column) = n.k\($0)::\($1.type)" }.joined(separator: " AND ")
        _ = try await connection.query(
            "UPDATE \(table) r SET \(changes) FROM unnest(\(arrays)) AS n (\(names)) WHERE r.workspace_id = $1 AND \(same)",
            [.id(workspace.value)] + key.indices.map { index in .texts(rows.map { $0.key[index] }) }
                + texts.indices.map { index in .optionalTexts(rows.map { $0.texts[index] }) })
    }

    private var keyColumns: String { key.map(\.column).joined(separator: ", ") }
    private var keyTexts: String { key.map { "\($0.column)::text" }.joined(separator: ", ") }
    /// The indexes begin with the workspace.
    private var order: String { key.map(\.column).joined(separator: ", ") }

    private func values(from first: Int) -> String {
        key.enumerated().map { "$\(first + $0)::text::\($1.type)" }.joined(separator: ", ")
    }

    private func after(_ cursor: [String]?, from first: Int) -> String { cursor == nil ? "true" : "(\(keyColumns)) > (\(values(from: first)))" }
}
