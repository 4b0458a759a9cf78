package import Postgres
package import Primitives

/// What a client says of a type of events.
package struct EventTypeDefinition: Sendable, Equatable {
    package var name: String
    package var description: String
    /// JSON text of a JSON Schema for an event's data, and of data that fits it.
    package var schema: String
    package var example: String

    package init(name: String, description: String, schema: String, example: String) {
        self.name = name
        self.description = description
        self.schema = schema
        self.example = example
    }
}

package struct EventTypeRow: Sendable {
    package var definition: EventTypeDefinition
    package var version: Int32
    package var createdAt: Int64
    package var updatedAt: Int64

    static let columns = "name, description, schema, example, version, created_at, updated_at"

    init(_ row: PostgresRow) throws {
        definition = EventTypeDefinition(name: try row.text(0), description: try row.text(1), schema: try row.text(2), example: try row.text(3))
        version = try row.int32(4)
        createdAt = try row.timestamp(5)
        updatedAt = try row.timestamp(6)
    }
}

/// The types of events that workspaces made for themselves.
package struct EventTypeTable: Sendable {
    /// What publishing has to know of a name.
    package struct Rule: Sendable {
        /// Of the workspace's own type; nil when it has none of the name.
        package var schema: String?
        /// Whether an event of an unknown type is refused.
        package var isStrict: Bool
    }

    package static let mostInWorkspace = 500
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ name: String, workspace: WorkspaceID) async throws -> EventTypeRow? {
        let rows = try await pool.query(
            "SELECT \(EventTypeRow.columns) FROM event_types WHERE workspace_id = $1 AND name = $2", [.id(workspace.value), .text(name)])
        return try rows.first.map(EventTypeRow.init)
    }

    /// In the order of their names, those after the given one.
    package func list(workspace: WorkspaceID, after: String, limit: Int) async throws -> [EventTypeRow] {
        let rows = try await pool.query(
            "SELECT \(EventTypeRow.columns) FROM event_types WHERE workspace_id = $1 AND name > $2 ORDER BY workspace_id, name LIMIT $3",
            [.id(workspace.value), .text(after), .int64(Int64(limit))])
        return try rows.map(EventTypeRow.init)
    }

    package func rule(for name: String, workspace: WorkspaceID) async throws -> Rule {
        let rows = try await pool.query(
            """
            SELECT t.schema, w.strict_event_types FROM workspaces w LEFT JOIN event_types t ON t.workspace_id = w.id AND t.name = $2 WHERE w.id = $1
            """, [.id(workspace.value), .text(name)])
        guard let row = rows.first else { return Rule(schema: nil, isStrict: false) }
        return Rule(schema: try row.optionalText(0), isStrict: try row.bool(1))
    }

    package func isStrict(_ workspace: WorkspaceID) async throws -> Bool {
        try await pool.query("SELECT strict_event_types FROM workspaces WHERE id = $1", [.id(workspace.value)]).first?.bool(0) ?? false
    }

    package func setStrict(_ isStrict: Bool, workspace: WorkspaceID) async throws {
        _ = try await pool.query("UPDATE workspaces SET strict_event_types = $2 WHERE id = $1", [.id(workspace.value), .bool(isStrict)])
    }

    package static func insert(
        _ definition: EventTypeDefinition, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> EventTypeRow {
        let count = try await connection.query("SELECT count(*) FROM event_types WHERE workspace_id = $1", [.id(workspace.value)])
        guard try count[0].int64(0) < mostInWorkspace else { throw CoreRefusal.tooManyEventTypes(limit: mostInWorkspace) }
        return try await CoreRefusal.reading {
            let rows = try await connection.query(
                """
                INSERT INTO event_types (workspace_id, name, description, schema, example) VALUES ($1, $2, $3, $4, $5)
                RETURNING \(EventTypeRow.columns)
                """, [.id(workspace.value)] + parameters(definition))
            return try EventTypeRow(rows[0])
        }
    }

    /// The row as it is, which nobody else changes until the transaction ends.
    package static func lock(_ name: String, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> EventTypeRow? {
        let rows = try await connection.query(
            "SELECT \(EventTypeRow.columns) FROM event_types WHERE workspace_id = $1 AND name = $2 FOR UPDATE", [.id(workspace.value), .text(name)])
        return try rows.first.map(EventTypeRow.init)
    }

    /// All but the name.
    package static func update(
        _ definition: EventTypeDefinition, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> EventTypeRow {
        let rows = try await connection.query(
            """
            UPDATE event_types SET (description, schema, example, version, updated_at) = ($3, $4, $5, version + 1, now())
            WHERE workspace_id = $1 AND name = $2 RETURNING \(EventTypeRow.columns)
            """, [.id(workspace.value)] + parameters(definition))
        return try EventTypeRow(rows[0])
    }

    package static func delete(_ name: String, workspace: WorkspaceID, on connection: PostgresConnection) async throws {
        _ = try await connection.query("DELETE FROM event_types WHERE workspace_id = $1 AND name = $2", [.id(workspace.value), .text(name)])
    }

    private static func parameters(_ definition: EventTypeDefinition) -> [PostgresValue] {
        [.text(definition.name), .text(definition.description), .text(definition.schema), .text(definition.example)]
    }
}
