import Ledger
import Primitives

/// Users, courses and what users do in them, as clients see them.
enum CoreJSON {
    static func user(_ row: UserRow) -> JSON {
        [
            "id": .text(row.id), "name": .string(row.profile.name), "email": .string(row.profile.email), "role": .string(row.profile.role.rawValue),
            "externalId": .optional(row.profile.externalID), "metadata": .raw(row.profile.metadata), "version": .int(row.version),
            "createdAt": .time(row.createdAt), "updatedAt": .time(row.updatedAt),
            "links": ["self": .string("/api/users/\(row.id)"), "enrollments": .string("/api/users/\(row.id)/enrollments")],
        ]
    }

    static func course(_ row: CourseRow) -> JSON {
        [
            "id": .text(row.id), "name": .string(row.profile.name), "description": .string(row.profile.description),
            "externalId": .optional(row.profile.externalID), "metadata": .raw(row.profile.metadata), "version": .int(row.version),
            "createdAt": .time(row.createdAt), "updatedAt": .time(row.updatedAt),
            "links": ["self": .string("/api/courses/\(row.id)"), "enrollments": .string("/api/courses/\(row.id)/enrollments")],
        ]
    }

    static func enrollment(_ row: EnrollmentRow) -> JSON {
        [
            "id": .text(row.id), "courseId": .text(row.course), "userId": .text(row.user), "completedAt": .optional(time: row.completedAt),
            "createdAt": .time(row.createdAt), "links": links(row.course, row.user),
        ]
    }

    static func completion(_ row: CompletionRow) -> JSON {
        [
            "id": .text(row.id), "courseId": .text(row.course), "userId": .text(row.user), "score": .optional(number: row.score),
            "completedAt": .time(row.completedAt), "createdAt": .time(row.createdAt), "links": links(row.course, row.user),
        ]
    }

    static func quizSubmission(_ row: QuizSubmissionRow) -> JSON {
        [
            "id": .text(row.id), "courseId": .text(row.course), "userId": .text(row.user), "quizId": .string(row.result.quiz),
            "quizName": .optional(row.result.quizName), "score": .number(row.result.score), "maxScore": .optional(number: row.result.maxScore),
            "answers": row.result.answers.map { .raw($0) } ?? .null, "submittedAt": .time(row.submittedAt), "createdAt": .time(row.createdAt),
            "links": links(row.course, row.user),
        ]
    }

    private static func links(_ course: CourseID, _ user: UserID) -> JSON {
        ["course": .string("/api/courses/\(course)"), "user": .string("/api/users/\(user)")]
    }
}
