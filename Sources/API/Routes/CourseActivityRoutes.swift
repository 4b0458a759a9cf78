import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Postgres
import Primitives

/// What users do in courses: they enrol, complete them, and hand in quizzes.
struct CourseActivityRoutes: Sendable {
    let services: APIServices

    var all: [Route] {
        [
            Route(.post, "/api/courses/{id}/enrollments", EnrollmentOperations.create, .coursesWrite, handler: enroll),
            Route(.get, "/api/courses/{id}/enrollments", EnrollmentOperations.ofCourse, .coursesRead) { try await enrollments(of: course($0), $0) },
            Route(.delete, "/api/courses/{id}/enrollments/{enrollmentId}", EnrollmentOperations.delete, .coursesWrite, handler: withdraw),
            Route(.get, "/api/users/{id}/enrollments", EnrollmentOperations.ofUser, .coursesRead) { try await enrollments(of: user($0), $0) },
            Route(.post, "/api/courses/{id}/completions", CompletionOperations.create, .coursesWrite, handler: complete),
            Route(.get, "/api/courses/{id}/completions", CompletionOperations.ofCourse, .coursesRead) { try await completions(of: course($0), $0) },
            Route(.get, "/api/users/{id}/completions", CompletionOperations.ofUser, .coursesRead) { try await completions(of: user($0), $0) },
            Route(.post, "/api/courses/{id}/quiz-submissions", QuizOperations.create, .coursesWrite, handler: submit),
            Route(.get, "/api/courses/{id}/quiz-submissions", QuizOperations.ofCourse, .coursesRead) { try await quizzes(of: course($0), $0) },
            Route(.get, "/api/users/{id}/quiz-submissions", QuizOperations.ofUser, .coursesRead) { try await quizzes(of: user($0), $0) },
        ]
    }

    private var table: CourseActivityTable { CourseActivityTable(pool: services.pool) }

    // MARK: writes

    private typealias Write = @Sendable (CourseActivityWrite, _ course: CourseRow, _ user: UserRow) async throws -> OnceOnly.Answer

    private func write(_ claim: IdempotencyClaim?, user id: UserID, _ call: Call, _ write: Write) async throws -> Response {
        let course = try courseID(call)
        return try await OnceOnly(services: services).run(claim) { connection in
            let activity = CourseActivityWrite(workspace: call.workspace, connection: connection)
            guard let course = try await activity.course(course) else { throw CoreRefusal.noSuchCourse }
            guard let user = try await activity.user(id) else { throw CoreRefusal.noSuchUser }
            return try await write(activity, course, user)
        }
    }

    private func enroll(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let id = services.ids.next(Enrollment.self)
        return try await write(claim, user: try ActivitySubmission.enrollment(json), call) { activity, course, user in
            let (row, isNew) = try await activity.enroll(id, user.id, in: course.id)
            return OnceOnly.Answer(isNew ? .created : .ok, CoreJSON.enrollment(row))
        }
    }

    private func complete(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let completion = try ActivitySubmission.completion(json)
        let id = services.ids.next(Completion.self)
        return try await write(claim, user: completion.user, call) { activity, course, user in
            let row = try await activity.complete(id, user.id, course.id, score: completion.score, at: completion.at)
            var answer = OnceOnly.Answer(.created, CoreJSON.completion(row))
            answer.deliveries = try await services.publisher.publish(
                .courseCompleted(row, course: course, user: user), workspace: call.workspace, trace: call.trace, on: activity.connection)
            return answer
        }
    }

    private func submit(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        let quiz = try ActivitySubmission.quiz(json)
        let id = services.ids.next(QuizSubmission.self)
        return try await write(claim, user: quiz.user, call) { activity, course, user in
            let row = try await activity.submit(id, user.id, course.id, quiz.result, at: quiz.at)
            var answer = OnceOnly.Answer(.created, CoreJSON.quizSubmission(row))
            answer.deliveries = try await services.publisher.publish(
                .quizSubmitted(row, course: course, user: user), workspace: call.workspace, trace: call.trace, on: activity.connection)
            return answer
        }
    }

    /// Results stay.
    private func withdraw(_ call: Call) async throws -> Response {
        let course = try courseID(call)
        guard let id = call.context.parameters.get("enrollmentId").flatMap({ EnrollmentID($0) }),
            try await table.withdraw(id, from: course, workspace: call.workspace)
        else { throw Problem.notFound("enrollment") }
        return Response(status: .noContent)
    }

    // MARK: lists

    private func enrollments(of owner: CourseActivityTable.Owner, _ call: Call) async throws -> Response {
        let list = "enrollments"
        var query = Query(call.request)
        let (limit, before, owner) = (query.limit(), query.cursor(of: list, as: EnrollmentID.self), query.narrow(owner))
        try query.finish()
        let rows = try await table.enrollments(of: owner, workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: list, position: $0.id) }, json: CoreJSON.enrollment)
    }

    private func completions(of owner: CourseActivityTable.Owner, _ call: Call) async throws -> Response {
        let list = "completions"
        var query = Query(call.request)
        let (limit, before, owner) = (query.limit(), query.cursor(of: list, as: CompletionID.self), query.narrow(owner))
        try query.finish()
        let rows = try await table.completions(of: owner, workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: list, position: $0.id) }, json: CoreJSON.completion)
    }

    private func quizzes(of owner: CourseActivityTable.Owner, _ call: Call) async throws -> Response {
        let list = "quiz-submissions"
        var query = Query(call.request)
        let (limit, before, owner) = (query.limit(), query.cursor(of: list, as: QuizSubmissionID.self), query.narrow(owner))
        try query.finish()
        let rows = try await table.quizSubmissions(of: owner, workspace: call.workspace, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: list, position: $0.id) }, json: CoreJSON.quizSubmission)
    }

    /// A list of something that is not there is a 404, not an empty list.
    private func course(_ call: Call) async throws -> CourseActivityTable.Owner {
        let id = try courseID(call)
        guard try await CourseTable(pool: services.pool).find(id, workspace: call.workspace) != nil else { throw Problem.notFound("course") }
        return CourseActivityTable.Owner(course: id)
    }

    private func user(_ call: Call) async throws -> CourseActivityTable.Owner {
        guard let id = call.id(UserID.self), try await UserTable(pool: services.pool).find(id, workspace: call.workspace) != nil else {
            throw Problem.notFound("user")
        }
        return CourseActivityTable.Owner(user: id)
    }

    private func courseID(_ call: Call) throws(Problem) -> CourseID {
        guard let id = call.id(CourseID.self) else { throw .notFound("course") }
        return id
    }
}

extension Query {
    /// Of one course a single user's, and the other way round.
    fileprivate mutating func narrow(_ owner: CourseActivityTable.Owner) -> CourseActivityTable.Owner {
        let user = owner.user ?? id("userId", of: UserID.self)
        return CourseActivityTable.Owner(course: owner.course ?? id("courseId", of: CourseID.self), user: user)
    }
}
