import HTTPTypes
import Ledger

enum UserOperations {
    private static let user: JSON = [
        "id": .string(Examples.user), "name": "John Doe", "email": "john@example.com", "role": "learner", "externalId": "crm-17",
        "metadata": ["team": "sales"], "version": 1, "createdAt": Examples.time, "updatedAt": Examples.time,
        "links": ["self": "/api/users/user_01jd2n8w5tq3v9k7x4m6b0c1yz", "enrollments": "/api/users/user_01jd2n8w5tq3v9k7x4m6b0c1yz/enrollments"],
    ]
    private static let taken: [Problem] = [Problem(CoreRefusal.emailTaken), Problem(CoreRefusal.externalIDTaken)]

    static let list = Operation(
        "listUsers", .users, "Users, newest first",
        parameters: .paging("users", .id("user")) + [
            .query("email", .string(1...256), "Whatever its case."), .query("role", .choice(UserRole.self), "Their role."),
            .query("externalId", .string(1...256), "The client's own id."),
            .query("q", .string(1...256), "Words of name and e-mail address, or how they begin; case and accents do not matter."),
        ],
        answers: [.page("A page of users.", of: CoreSchemas.user, example: user)])

    static let create = Operation(
        "createUser", .users, "Make a user", description: "Publishes `user.created` in the same transaction.",
        body: .json(CoreSchemas.newUser, example: ["name": "John Doe", "email": "john@example.com", "metadata": ["team": "sales"]]),
        answers: [.created("The user.", CoreSchemas.user, example: user).versioned], problems: taken)

    static let show = Operation(
        "getUser", .users, "A user", parameters: .ifNoneMatch, answers: [.ok("The user.", CoreSchemas.user, example: user).versioned, .notModified])

    static let change = Operation(
        "changeUser", .users, "Change a user",
        description: "A merge patch (RFC 7396): members that are left out stay, a null takes one away. Publishes `user.updated` when something changes.",
        parameters: .ifMatch, body: .json(CoreSchemas.userChange, example: ["name": "John D.", "metadata": ["team": .null]]),
        answers: [.ok("The user as it is now.", CoreSchemas.user, example: user).versioned], problems: taken + [.versionConflict(4)])

    static let delete = Operation(
        "deleteUser", .users, "Delete a user",
        description: "Enrollments and results of the user go along, and every session and grant ends.", parameters: .ifMatch,
        answers: [.noContent("Deleted.")], problems: [.versionConflict(4)])
}

extension Operation.Answer {
    /// With the version as its entity tag.
    var versioned: Self {
        var answer = self
        answer.headers.append(("ETag", "The version, for `If-Match` and `If-None-Match`.", .string(pattern: "^\"[0-9]+\"$")))
        return answer
    }

    static let notModified = Self(status: .notModified, description: "It is still the version in `If-None-Match`.")
}

extension [Parameter] {
    static let ifMatch: [Parameter] = [
        .header("If-Match", .string(1...16, pattern: "^\"[1-9][0-9]{0,9}\"$"), "The `ETag` that was read: of another version nothing is changed.")
    ]
    static let ifNoneMatch: [Parameter] = [
        .header("If-None-Match", .string(1...16, pattern: "^\"[1-9][0-9]{0,9}\"$"), "The `ETag` that is known: 304 while it is the same.")
    ]
}
