package import Postgres
package import Primitives

/// Courses. Writes are made on the connection of the caller's transaction.
package struct CourseTable: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func find(_ id: CourseID, workspace: WorkspaceID) async throws -> CourseRow? {
        let rows = try await pool.query(
            "SELECT \(CourseRow.columns) FROM courses WHERE id = $1 AND workspace_id = $2", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(CourseRow.init)
    }

    /// Newest first, those before the given one.
    package func list(
        externalID: String?, words: SearchWords?, workspace: WorkspaceID, before: CourseID?, limit: Int
    ) async throws -> [CourseRow] {
        var page = NewestFirst("courses", columns: CourseRow.columns, workspace: workspace.value, before: before)
        page.require("external_id = $?", externalID.map { .text($0) })
        return try await page.rows(matching: words, limit: limit, on: pool).map(CourseRow.init)
    }

    package static func insert(
        _ id: CourseID, _ profile: CourseProfile, words: SearchWords, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> CourseRow {
        try await CoreRefusal.reading {
            let rows = try await connection.query(
                """
                INSERT INTO courses (id, workspace_id, name, description, external_id, metadata, words)
                VALUES ($1, $2, $3, $4, $5, $6, array_to_tsvector($7)) RETURNING \(CourseRow.columns)
                """, [.id(id.value), .id(workspace.value)] + parameters(profile) + [words.stored])
            return try CourseRow(rows[0])
        }
    }

    /// The row as it is, which nobody else changes until the transaction ends.
    package static func lock(_ id: CourseID, workspace: WorkspaceID, on connection: PostgresConnection) async throws -> CourseRow? {
        let rows = try await connection.query(
            "SELECT \(CourseRow.columns) FROM courses WHERE id = $1 AND workspace_id = $2 FOR NO KEY UPDATE", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(CourseRow.init)
    }

    package static func update(
        _ id: CourseID, _ profile: CourseProfile, words: SearchWords, workspace: WorkspaceID, on connection: PostgresConnection
    ) async throws -> CourseRow {
        try await CoreRefusal.reading {
            let rows = try await connection.query(
                """
                UPDATE courses SET (name, description, external_id, metadata, words, version, updated_at)
                    = ($3, $4, $5, $6, array_to_tsvector($7), version + 1, now())
                WHERE id = $1 AND workspace_id = $2 RETURNING \(CourseRow.columns)
                """, [.id(id.value), .id(workspace.value)] + parameters(profile) + [words.stored])
            return try CourseRow(rows[0])
        }
    }

    /// - Parameter records: whether what people did in it goes along; without, a course with any of that stays.
    package static func delete(_ id: CourseID, records: Bool, workspace: WorkspaceID, on connection: PostgresConnection) async throws {
        let place: [PostgresValue] = [.id(workspace.value), .id(id.value)]
        if records {
            // Locked for its key: nobody enrols between here and the commit.
            _ = try await connection.query("SELECT 1 FROM courses WHERE workspace_id = $1 AND id = $2 FOR UPDATE", place)
            for table in ["quiz_submissions", "completions", "enrollments"] {
                _ = try await connection.query("DELETE FROM \(table) WHERE workspace_id = $1 AND course_id = $2", place)
            }
        }
        do {
            _ = try await connection.query("DELETE FROM courses WHERE workspace_id = $1 AND id = $2", place)
        } catch {
            // Only what people did in it can miss a course.
            if case .constraint = error.code { throw CoreRefusal.courseInUse }
            throw error
        }
    }

    private static func parameters(_ profile: CourseProfile) -> [PostgresValue] {
        [.text(profile.name), .text(profile.description), .optional(profile.externalID), .text(profile.metadata)]
    }
}
