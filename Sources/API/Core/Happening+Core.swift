import Jobs
import Ledger
import Primitives

/// What our own writes publish; each fits the schema of its type in `BuiltInEventType`.
extension Publisher.Happening {
    static func userCreated(_ row: UserRow) -> Self {
        Self(type: BuiltInEventType.userCreated.name, at: row.createdAt, data: JSON.object([("user", user(row, role: true))]).text)
    }

    static func userUpdated(_ row: UserRow, from old: UserProfile) -> Self {
        var changed: [JSON] = []
        if row.profile.name != old.name { changed.append("name") }
        if row.profile.email != old.email { changed.append("email") }
        if row.profile.role != old.role { changed.append("role") }
        if row.profile.externalID != old.externalID { changed.append("externalId") }
        if row.profile.metadata != old.metadata { changed.append("metadata") }
        let data: JSON = ["user": user(row, role: true), "changed": .array(changed)]
        return Self(type: BuiltInEventType.userUpdated.name, at: row.updatedAt, data: data.text)
    }

    static func courseCompleted(_ row: CompletionRow, course: CourseRow, user: UserRow) -> Self {
        var members: [(String, JSON)] = [("id", .text(course.id)), ("name", .string(course.profile.name))]
        if let score = row.score { members.append(("score", .number(score))) }
        let data: JSON = ["course": .object(members), "user": self.user(user)]
        return Self(type: BuiltInEventType.courseCompleted.name, at: row.completedAt, data: data.text)
    }

    static func quizSubmitted(_ row: QuizSubmissionRow, course: CourseRow, user: UserRow) -> Self {
        var quiz: [(String, JSON)] = [("id", .string(row.result.quiz))]
        if let name = row.result.quizName { quiz.append(("name", .string(name))) }
        quiz.append(("score", .number(row.result.score)))
        if let most = row.result.maxScore { quiz.append(("maxScore", .number(most))) }
        let data: JSON = [
            "quiz": .object(quiz), "course": ["id": .text(course.id), "name": .string(course.profile.name)], "user": self.user(user),
        ]
        return Self(type: BuiltInEventType.quizSubmitted.name, at: row.submittedAt, data: data.text)
    }

    private static func user(_ row: UserRow, role showsRole: Bool = false) -> JSON {
        var members: [(String, JSON)] = [("id", .text(row.id)), ("name", .string(row.profile.name)), ("email", .string(row.profile.email))]
        if showsRole { members.append(("role", .string(row.profile.role.rawValue))) }
        return .object(members)
    }
}
