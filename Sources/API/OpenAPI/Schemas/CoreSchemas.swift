import Ledger
import Primitives

/// Users, courses and what users do in them.
enum CoreSchemas {
    static let email = Schema.string(3...EmailAddress.longest, pattern: EmailAddress.pattern, format: "email")
    private static let externalID = Schema.string(1...UserSubmission.longestExternalID).described("The client's own id; one of each in a workspace.")
    private static let metadata = Schema.object(nil, []).described("The client's own, to the byte. At most 16 KiB.")
    private static let role = Schema.choice(UserRole.self)
        .described("Who is no learner may grant programs more; such users are made, changed and deleted with the scope `workspace:write` only.")
    private static let name = Schema.string(1...200)
    private static let version = Schema.integer(1...2_147_483_647).described("One more with every change; the `ETag`.")

    // MARK: Users

    static let newUser = Schema.object(
        "UserRequest",
        [
            .required("name", name), .required("email", email.described("One of each in a workspace, whatever its case.")),
            .optional("role", role.orNull), .optional("externalId", externalID.orNull), .optional("metadata", metadata.orNull),
        ], open: false)
    static let userChange = Schema.object(
        "UserChange",
        [
            .optional("name", name), .optional("email", email), .optional("role", role.orNull), .optional("externalId", externalID.orNull),
            .optional("metadata", metadata.orNull),
        ], open: false)
    static let user = Schema.object(
        "User",
        [
            .required("id", .id(Primitives.User.self)), .required("name", .string()), .required("email", .string()),
            .required("role", .choice(UserRole.self)), .required("externalId", .string().orNull), .required("metadata", .object(nil, [])),
            .required("version", version), .required("createdAt", .time), .required("updatedAt", .time), .required("links", .links),
        ])

    // MARK: Courses

    private static let description = Schema.string(0...CourseSubmission.longestDescription)

    static let newCourse = Schema.object(
        "CourseRequest",
        [
            .required("name", name), .optional("description", description.orNull), .optional("externalId", externalID.orNull),
            .optional("metadata", metadata.orNull),
        ], open: false)
    static let courseChange = Schema.object(
        "CourseChange",
        [
            .optional("name", name), .optional("description", description.orNull), .optional("externalId", externalID.orNull),
            .optional("metadata", metadata.orNull),
        ], open: false)
    static let course = Schema.object(
        "Course",
        [
            .required("id", .id(Primitives.Course.self)), .required("name", .string()), .required("description", .string()),
            .required("externalId", .string().orNull), .required("metadata", .object(nil, [])), .required("version", version),
            .required("createdAt", .time), .required("updatedAt", .time), .required("links", .links),
        ])
}

/// What users do in courses.
enum ActivitySchemas {
    private static let user = Schema.id(User.self)
    private static let pair: [Schema.Member] = [.required("courseId", .id(Course.self)), .required("userId", user)]
    private static let rest: [Schema.Member] = [.required("createdAt", .time), .required("links", .links)]

    private static func number(_ range: ClosedRange<Double>) -> Schema {
        Schema(keywords: [("type", "number"), ("minimum", .number(range.lowerBound)), ("maximum", .number(range.upperBound))])
    }

    static let newEnrollment = Schema.object("EnrollmentRequest", [.required("userId", user)], open: false)
    static let enrollment = Schema.object(
        "Enrollment", [.required("id", .id(Primitives.Enrollment.self))] + pair + [.required("completedAt", .time.orNull)] + rest)

    static let newCompletion = Schema.object(
        "CompletionRequest",
        [
            .required("userId", user), .optional("score", number(ActivitySubmission.scores).orNull),
            .optional("completedAt", .time.orNull.described("Now when left out.")),
        ], open: false)
    static let completion = Schema.object(
        "Completion",
        [.required("id", .id(Primitives.Completion.self))] + pair + [.required("score", .number.orNull), .required("completedAt", .time)] + rest)

    static let newQuiz = Schema.object(
        "QuizSubmissionRequest",
        [
            .required("userId", user), .required("quizId", .string(1...ActivitySubmission.longestQuizID).described("The client's own id of the quiz.")),
            .optional("quizName", .string(1...ActivitySubmission.longestQuizName).orNull), .required("score", number(ActivitySubmission.quizScores)),
            .optional("maxScore", number(ActivitySubmission.quizScores).orNull),
            .optional("answers", Schema(keywords: [("type", ["object", "array", "null"])]).described("At most 64 KiB.")),
            .optional("submittedAt", .time.orNull.described("Now when left out.")),
        ], open: false)
    static let quiz = Schema.object(
        "QuizSubmission",
        [.required("id", .id(Primitives.QuizSubmission.self))] + pair + [
            .required("quizId", .string()), .required("quizName", .string().orNull), .required("score", .number),
            .required("maxScore", .number.orNull), .required("answers", .any), .required("submittedAt", .time),
        ] + rest)
}
