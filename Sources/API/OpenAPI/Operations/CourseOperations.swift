import Ledger

enum CourseOperations {
    private static let course: JSON = [
        "id": .string(Examples.course), "name": "Introduction to AI", "description": "From perceptrons to transformers.", "externalId": .null,
        "metadata": .object([]), "version": 1, "createdAt": Examples.time, "updatedAt": Examples.time,
        "links": [
            "self": "/api/courses/course_01jd2n8w5tq3v9k7x4m6b0c1yz", "enrollments": "/api/courses/course_01jd2n8w5tq3v9k7x4m6b0c1yz/enrollments",
        ],
    ]
    private static let taken: [Problem] = [Problem(CoreRefusal.externalIDTaken)]

    static let list = Operation(
        "listCourses", .courses, "Courses, newest first",
        parameters: .paging("courses", .id("course")) + [
            .query("externalId", .string(1...256), "The client's own id."),
            .query("q", .string(1...256), "Words of name and description, or how they begin; case and accents do not matter."),
        ],
        answers: [.page("A page of courses.", of: CoreSchemas.course, example: course)])

    static let create = Operation(
        "createCourse", .courses, "Make a course",
        body: .json(CoreSchemas.newCourse, example: ["name": "Introduction to AI", "description": "From perceptrons to transformers."]),
        answers: [.created("The course.", CoreSchemas.course, example: course).versioned], problems: taken)

    static let show = Operation(
        "getCourse", .courses, "A course", parameters: .ifNoneMatch,
        answers: [.ok("The course.", CoreSchemas.course, example: course).versioned, .notModified])

    static let change = Operation(
        "changeCourse", .courses, "Change a course",
        description: "A merge patch (RFC 7396): members that are left out stay, a null takes one away.", parameters: .ifMatch,
        body: .json(CoreSchemas.courseChange, example: ["name": "Introduction to AI, 2nd edition"]),
        answers: [.ok("The course as it is now.", CoreSchemas.course, example: course).versioned], problems: taken + [.versionConflict(4)])

    static let delete = Operation(
        "deleteCourse", .courses, "Delete a course", description: "One in which people are enrolled or have results only with `force=true`.",
        parameters: .ifMatch + [.query("force", .boolean, "Whether enrollments and results go along.")],
        answers: [.noContent("Deleted.")], problems: [Problem(CoreRefusal.courseInUse), .versionConflict(4)])
}
