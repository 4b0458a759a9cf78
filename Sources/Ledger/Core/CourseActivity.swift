internal import Postgres
package import Primitives

/// A user takes part in a course; once.
package struct EnrollmentRow: Sendable {
    package var id: EnrollmentID
    package var course: CourseID
    package var user: UserID
    /// Of the latest completion.
    package var completedAt: Int64?
    package var createdAt: Int64

    static let columns = "id, course_id, user_id, completed_at, created_at"

    init(_ row: PostgresRow) throws {
        id = EnrollmentID(try row.id(0))
        course = CourseID(try row.id(1))
        user = UserID(try row.id(2))
        completedAt = try row.optionalTimestamp(3)
        createdAt = try row.timestamp(4)
    }
}

/// A user came to the end of a course; as often as that happens.
package struct CompletionRow: Sendable {
    package var id: CompletionID
    package var course: CourseID
    package var user: UserID
    /// 0 to 100.
    package var score: Double?
    package var completedAt: Int64
    package var createdAt: Int64

    static let columns = "id, course_id, user_id, score, completed_at, created_at"

    init(_ row: PostgresRow) throws {
        id = CompletionID(try row.id(0))
        course = CourseID(try row.id(1))
        user = UserID(try row.id(2))
        score = try row.optionalDouble(3)
        completedAt = try row.timestamp(4)
        createdAt = try row.timestamp(5)
    }
}

/// What a client says of a quiz that a user handed in.
package struct QuizResult: Sendable {
    /// The client's own names of the quiz.
    package var quiz: String
    package var quizName: String?
    package var score: Double
    package var maxScore: Double?
    /// JSON text.
    package var answers: String?

    package init(quiz: String, quizName: String?, score: Double, maxScore: Double?, answers: String?) {
        self.quiz = quiz
        self.quizName = quizName
        self.score = score
        self.maxScore = maxScore
        self.answers = answers
    }
}

package struct QuizSubmissionRow: Sendable {
    package var id: QuizSubmissionID
    package var course: CourseID
    package var user: UserID
    package var result: QuizResult
    package var submittedAt: Int64
    package var createdAt: Int64

    static let columns = "id, course_id, user_id, quiz_id, quiz_name, score, max_score, answers, submitted_at, created_at"

    init(_ row: PostgresRow) throws {
        id = QuizSubmissionID(try row.id(0))
        course = CourseID(try row.id(1))
        user = UserID(try row.id(2))
        result = QuizResult(
            quiz: try row.text(3), quizName: try row.optionalText(4), score: try row.double(5), maxScore: try row.optionalDouble(6),
            answers: try row.optionalText(7))
        submittedAt = try row.timestamp(8)
        createdAt = try row.timestamp(9)
    }
}
