package import Postgres
package import Primitives

/// What users do in courses, as it is read.
package struct CourseActivityTable: Sendable {
    /// Whose; at least one of the two is named.
    package struct Owner: Sendable {
        package var course: CourseID?
        package var user: UserID?

        package init(course: CourseID? = nil, user: UserID? = nil) {
            self.course = course
            self.user = user
        }
    }

    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func enrollments(of owner: Owner, workspace: WorkspaceID, before: EnrollmentID?, limit: Int) async throws -> [EnrollmentRow] {
        try await rows("enrollments", EnrollmentRow.columns, owner, workspace, before, limit).map(EnrollmentRow.init)
    }

    package func completions(of owner: Owner, workspace: WorkspaceID, before: CompletionID?, limit: Int) async throws -> [CompletionRow] {
        try await rows("completions", CompletionRow.columns, owner, workspace, before, limit).map(CompletionRow.init)
    }

    package func quizSubmissions(
        of owner: Owner, workspace: WorkspaceID, before: QuizSubmissionID?, limit: Int
    ) async throws -> [QuizSubmissionRow] {
        try await rows("quiz_submissions", QuizSubmissionRow.columns, owner, workspace, before, limit).map(QuizSubmissionRow.init)
    }

    /// Newest first, by the index of the course or of the user.
    private func rows<Thing>(
        _ table: String, _ columns: String, _ owner: Owner, _ workspace: WorkspaceID, _ before: ID<Thing>?, _ limit: Int
    ) async throws -> PostgresRows {
        var page = NewestFirst(table, columns: columns, workspace: workspace.value, before: before)
        page.require("course_id = $?", owner.course.map { .id($0.value) })
        page.require("user_id = $?", owner.user.map { .id($0.value) })
        return try await page.rows(limit: limit, on: pool)
    }

    /// False when there is no such enrolment.
    package func withdraw(_ id: EnrollmentID, from course: CourseID, workspace: WorkspaceID) async throws -> Bool {
        try await pool.query(
            "DELETE FROM enrollments WHERE id = $1 AND course_id = $2 AND workspace_id = $3", [.id(id.value), .id(course.value), .id(workspace.value)]
        ).affected == 1
    }
}
