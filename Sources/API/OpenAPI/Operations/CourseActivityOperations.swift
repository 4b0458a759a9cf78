import Ledger
import Primitives

extension [Parameter] {
    fileprivate static func underCourse(_ list: String, _ prefix: String) -> Self {
        .paging(list, .id(prefix)) + [.query("userId", .id(User.self), "Of this user only.")]
    }

    fileprivate static func underUser(_ list: String, _ prefix: String) -> Self {
        .paging(list, .id(prefix)) + [.query("courseId", .id(Course.self), "In this course only.")]
    }
}

private let links: JSON = [
    "course": "/api/courses/course_01jd2n8w5tq3v9k7x4m6b0c1yz", "user": "/api/users/user_01jd2n8w5tq3v9k7x4m6b0c1yz",
]

private let noSuchUser = Problem(CoreRefusal.noSuchUser)

enum EnrollmentOperations {
    private static let enrollment: JSON = [
        "id": "enr_01jd2n8w5tq3v9k7x4m6b0c1yz", "courseId": .string(Examples.course), "userId": .string(Examples.user), "completedAt": .null,
        "createdAt": Examples.time, "links": links,
    ]
    private static let page = Operation.Answer.page("A page of enrollments.", of: ActivitySchemas.enrollment, example: enrollment)

    static let create = Operation(
        "enroll", .courses, "Enroll a user in a course", body: .json(ActivitySchemas.newEnrollment, example: ["userId": .string(Examples.user)]),
        answers: [
            .created("Enrolled.", ActivitySchemas.enrollment, example: enrollment),
            .ok("Was enrolled before: this is how.", ActivitySchemas.enrollment, example: enrollment),
        ], problems: [noSuchUser])
    static let ofCourse = Operation(
        "listEnrollments", .courses, "Enrollments of a course, newest first", parameters: .underCourse("enrollments", "enr"), answers: [page])
    static let ofUser = Operation(
        "listUserEnrollments", .users, "Enrollments of a user, newest first", parameters: .underUser("enrollments", "enr"), answers: [page])
    static let delete = Operation(
        "withdraw", .courses, "End an enrollment", description: "Results stay.", answers: [.noContent("Ended.")])
}

enum CompletionOperations {
    private static let completion: JSON = [
        "id": "cmp_01jd2n8w5tq3v9k7x4m6b0c1yz", "courseId": .string(Examples.course), "userId": .string(Examples.user), "score": 95,
        "completedAt": Examples.time, "createdAt": Examples.time, "links": links,
    ]
    private static let page = Operation.Answer.page("A page of completions.", of: ActivitySchemas.completion, example: completion)

    static let create = Operation(
        "completeCourse", .courses, "A user came to the end of a course",
        description: "Publishes `course.completed` in the same transaction. A course can be completed several times, and without an enrollment.",
        body: .json(ActivitySchemas.newCompletion, example: ["userId": .string(Examples.user), "score": 95]),
        answers: [.created("Recorded.", ActivitySchemas.completion, example: completion)], problems: [noSuchUser])
    static let ofCourse = Operation(
        "listCompletions", .courses, "Completions of a course, newest first", parameters: .underCourse("completions", "cmp"), answers: [page])
    static let ofUser = Operation(
        "listUserCompletions", .users, "Completions of a user, newest first", parameters: .underUser("completions", "cmp"), answers: [page])
}

enum QuizOperations {
    private static let submission: JSON = [
        "id": "quiz_01jd2n8w5tq3v9k7x4m6b0c1yz", "courseId": .string(Examples.course), "userId": .string(Examples.user), "quizId": "week-3",
        "quizName": "Neural networks", "score": 8, "maxScore": 10, "answers": ["1": "b", "2": "c"], "submittedAt": Examples.time,
        "createdAt": Examples.time, "links": links,
    ]
    private static let page = Operation.Answer.page("A page of submissions.", of: ActivitySchemas.quiz, example: submission)

    static let create = Operation(
        "submitQuiz", .courses, "A user handed in a quiz", description: "Publishes `quiz.submitted` in the same transaction.",
        body: .json(
            ActivitySchemas.newQuiz,
            example: ["userId": .string(Examples.user), "quizId": "week-3", "score": 8, "maxScore": 10, "answers": ["1": "b", "2": "c"]]),
        answers: [.created("Recorded.", ActivitySchemas.quiz, example: submission)], problems: [noSuchUser])
    static let ofCourse = Operation(
        "listQuizSubmissions", .courses, "Quiz submissions of a course, newest first", parameters: .underCourse("quiz-submissions", "quiz"),
        answers: [page])
    static let ofUser = Operation(
        "listUserQuizSubmissions", .users, "Quiz submissions of a user, newest first", parameters: .underUser("quiz-submissions", "quiz"),
        answers: [page])
}
