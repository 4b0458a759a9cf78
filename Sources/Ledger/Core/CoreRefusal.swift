internal import Postgres

/// What speaks against a write that was well-formed.
package enum CoreRefusal: Error, Equatable {
    case emailTaken
    case externalIDTaken
    /// People are enrolled in it, or have done something in it.
    case courseInUse
    case eventTypeTaken
    case tooManyEventTypes(limit: Int)
    /// It names a user that the workspace does not have.
    case noSuchUser
    case noSuchCourse

    /// Runs a statement, and says what its constraint stands for.
    static func reading<Result: Sendable>(_ statement: () async throws -> Result) async throws -> Result {
        do {
            return try await statement()
        } catch let error as PostgresError {
            guard case .constraint(let name) = error.code, let refusal = byConstraint[name] else { throw error }
            throw refusal
        }
    }

    /// The names in 0008_core.sql.
    private static let byConstraint: [String: CoreRefusal] = [
        "users_email": .emailTaken, "users_external_id": .externalIDTaken, "courses_external_id": .externalIDTaken, "event_types_pkey": .eventTypeTaken,
        "enrollments_user": .noSuchUser, "completions_user": .noSuchUser, "quiz_submissions_user": .noSuchUser,
        "enrollments_course": .noSuchCourse, "completions_course": .noSuchCourse, "quiz_submissions_course": .noSuchCourse,
    ]
}
