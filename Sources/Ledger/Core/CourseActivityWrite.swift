package import Postgres
package import Primitives

/// What a user does in a course, written on the connection of the caller's transaction, in which it is published too.
package struct CourseActivityWrite: Sendable {
    package let workspace: WorkspaceID
    package let connection: PostgresConnection

    package init(workspace: WorkspaceID, connection: PostgresConnection) {
        self.workspace = workspace
        self.connection = connection
    }

    /// As it is at this moment; it stays until the transaction ends.
    package func course(_ id: CourseID) async throws -> CourseRow? {
        let rows = try await connection.query(
            "SELECT \(CourseRow.columns) FROM courses WHERE id = $1 AND workspace_id = $2 FOR KEY SHARE", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(CourseRow.init)
    }

    package func user(_ id: UserID) async throws -> UserRow? {
        let rows = try await connection.query(
            "SELECT \(UserRow.columns) FROM users WHERE id = $1 AND workspace_id = $2 FOR KEY SHARE", [.id(id.value), .id(workspace.value)])
        return try rows.first.map(UserRow.init)
    }

    /// - Returns: the enrolment, and whether it was made now; a second one is the first one.
    package func enroll(_ id: EnrollmentID, _ user: UserID, in course: CourseID) async throws -> (row: EnrollmentRow, isNew: Bool) {
        // An update that changes nothing: it waits for another's insert, and shows its row.
        let rows = try await connection.query(
            """
            INSERT INTO enrollments (id, workspace_id, course_id, user_id) VALUES ($1, $2, $3, $4)
            ON CONFLICT (workspace_id, course_id, user_id) DO UPDATE SET course_id = excluded.course_id
            RETURNING \(EnrollmentRow.columns)
            """, [.id(id.value)] + place(course, user))
        let row = try EnrollmentRow(rows[0])
        return (row, row.id == id)
    }

    /// An enrolment knows of it too.
    /// - Parameter at: microseconds since 1970; nil for now.
    package func complete(_ id: CompletionID, _ user: UserID, _ course: CourseID, score: Double?, at: Int64?) async throws -> CompletionRow {
        let rows = try await connection.query(
            """
            INSERT INTO completions (id, workspace_id, course_id, user_id, score, completed_at)
            VALUES ($1, $2, $3, $4, $5::float8, coalesce($6::timestamptz, now())) RETURNING \(CompletionRow.columns)
            """, [.id(id.value)] + place(course, user) + [.optional(score), .optional(time: at)])
        let row = try CompletionRow(rows[0])
        _ = try await connection.query(
            """
            UPDATE enrollments SET completed_at = greatest(completed_at, $4::timestamptz)
            WHERE workspace_id = $1 AND course_id = $2 AND user_id = $3
            """, place(course, user) + [.timestamp(microsecondsSince1970: row.completedAt)])
        return row
    }

    package func submit(_ id: QuizSubmissionID, _ user: UserID, _ course: CourseID, _ result: QuizResult, at: Int64?) async throws -> QuizSubmissionRow {
        let rows = try await connection.query(
            """
            INSERT INTO quiz_submissions (id, workspace_id, course_id, user_id, quiz_id, quiz_name, score, max_score, answers, submitted_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8::float8, $9, coalesce($10::timestamptz, now())) RETURNING \(QuizSubmissionRow.columns)
            """,
            [.id(id.value)] + place(course, user) + [
                .text(result.quiz), .optional(result.quizName), .double(result.score), .optional(result.maxScore), .optional(result.answers),
                .optional(time: at),
            ])
        return try QuizSubmissionRow(rows[0])
    }

    private func place(_ course: CourseID, _ user: UserID) -> [PostgresValue] { [.id(workspace.value), .id(course.value), .id(user.value)] }
}
