import JSONSchema
import Primitives

/// A type of events that every workspace has, with what its data looks like. Members that are not named are taken: a publisher may say more.
struct BuiltInEventType: Sendable {
    let name: String
    let description: String
    /// Of an event's `data`.
    let schema: Schema
    let example: JSON
    let compiled: CompiledSchema

    init(_ name: String, _ description: String, schema: Schema, example: JSON) {
        self.name = name
        self.description = description
        self.schema = schema
        self.example = example
        do {
            compiled = try CompiledSchema(try RawJSON(Array(schema.json.text.utf8)))
        } catch {
            preconditionFailure("the schema of \(name): \(error)")
        }
    }

    /// In the order of their names.
    static let all = [
        courseCompleted, deliveryExhausted, deliveryRecovered, certificateExpiring, endpointDisabled, endpointWarning, fileUploaded, quizSubmitted,
        systemAlert, userCreated, userUpdated, voiceCommand,
    ]

    static func named(_ name: String) -> BuiltInEventType? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension BuiltInEventType {
    static let userCreated = BuiltInEventType(
        "user.created", "A user was made.", schema: .object(nil, [.required("user", user)]), example: ["user": sampleUser])

    static let userUpdated = BuiltInEventType(
        "user.updated", "Something about a user has changed.",
        schema: .object(
            nil, [.required("user", user), .optional("changed", .array(.string(1...100), 0...50).described("The members that changed."))]),
        example: ["user": sampleUser, "changed": ["name"]])

    static let courseCompleted = BuiltInEventType(
        "course.completed", "A user came to the end of a course.",
        schema: .object(nil, [.required("course", completedCourse), .required("user", user)]),
        example: ["course": ["id": "course_123", "name": "Introduction to AI", "score": 95], "user": sampleUser])

    static let quizSubmitted = BuiltInEventType(
        "quiz.submitted", "A user handed in a quiz.",
        schema: .object(nil, [.required("quiz", quiz), .optional("course", course), .required("user", user)]),
        example: [
            "quiz": ["id": "quiz_7", "name": "Neural networks", "score": 8, "maxScore": 10],
            "course": ["id": "course_123", "name": "Introduction to AI"], "user": sampleUser,
        ])

    static let fileUploaded = BuiltInEventType(
        "file.uploaded", "A file was stored.",
        schema: .object(nil, [.required("file", file), .optional("user", user)]),
        example: ["file": ["id": "file_9", "name": "essay.pdf", "size": 48213, "contentType": "application/pdf"], "user": sampleUser])

    static let voiceCommand = BuiltInEventType(
        "voice.command", "Somebody spoke to the assistant, and was answered.",
        schema: .object(
            nil,
            [
                .required("transcript", .string(0...10_000)), .optional("intent", intent.orNull), .optional("answer", .string(0...10_000)),
                .optional("user", user),
            ]),
        example: [
            "transcript": "Show me my courses", "intent": ["name": "ListCourses", "slots": [:]], "answer": "You have two courses.", "user": sampleUser,
        ])

    static let systemAlert = BuiltInEventType(
        "system.alert", "Something needs the attention of a person.",
        schema: .object(
            nil,
            [
                .required("code", .string(1...100).described("For programs: a word that stays.")),
                .required("severity", .choice(["info", "warning", "critical"])), .required("message", .string(1...4000)),
                .optional("resource", .object(nil, [.optional("type", .string(1...100)), .required("id", .string(1...255))])),
            ]),
        example: [
            "code": "needs_reauth", "severity": "warning", "message": "The Google account has to be connected again.",
            "resource": ["type": "integration", "id": "int_5"],
        ])

    private static let sampleUser: JSON = ["id": "user_456", "name": "John Doe", "email": "john@example.com"]
    private static let percent = Schema(keywords: [("type", "number"), ("minimum", 0), ("maximum", 100)])

    private static let user = Schema.object(
        nil,
        [
            .required("id", .string(1...255)), .optional("name", .string(1...200)), .optional("email", .string(1...254)),
            .optional("role", .string(1...50)),
        ])
    private static let course = Schema.object(nil, courseMembers)
    private static let completedCourse = Schema.object(nil, courseMembers + [.optional("score", percent)])
    private static let courseMembers: [Schema.Member] = [.required("id", .string(1...255)), .optional("name", .string(1...200))]
    private static let quiz = Schema.object(
        nil,
        [
            .required("id", .string(1...255)), .optional("name", .string(1...200)), .optional("score", .number), .optional("maxScore", .number),
        ])
    private static let file = Schema.object(
        nil,
        [
            .required("id", .string(1...255)), .optional("name", .string(1...1000)), .optional("size", .integer(0...Int64.max)),
            .optional("contentType", .string(1...255)), .optional("url", .string(1...4096)),
        ])
    private static let intent = Schema.object(nil, [.required("name", .string(1...100)), .optional("slots", .object(nil, []))])
}
