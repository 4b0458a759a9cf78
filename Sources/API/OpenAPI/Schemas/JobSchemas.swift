import Ledger
import Primitives

/// Jobs, as requests ask for them and as answers show them.
enum JobSchemas {
    static let laneName = Schema.string(1...128, pattern: "^[A-Za-z0-9_.:@#/+-]+$")
    static let payload = Schema.object(nil, []).described("What the job works on; its kind says which members it has. At most 256 KiB.")

    /// `uniqueFor` says for how long a key counts, and is nothing without one.
    static let request = Schema.object(nil, members + then)
        .with("if", ["properties": ["uniqueFor": ["type": "integer"]], "required": ["uniqueFor"]])
        .with("then", ["properties": ["uniqueKey": ["type": "string"]], "required": ["uniqueKey"]])
        .named("JobRequest")
    private static let then: [Schema.Member] = [
        .optional(
            "then",
            .anyOf([.reference("JobRequest"), .array(.reference("JobRequest"), 1...20), .null]).described(
                "Jobs that begin when this one has succeeded; five levels deep, 1,000 jobs in all."))
    ]

    /// Members that single jobs and schedules have in common come first.
    private static let members: [Schema.Member] = [
        .required("kind", .jobKind),
        .required("payload", payload),
        .optional("queue", .queueName.orNull.described("Where it waits; its kind's own when left out.")),
        .optional("lane", laneName.orNull.described("Jobs of a lane share its order, limits and turn.")),
        .optional("priority", .integer(-100...100).orNull.described("Smaller goes first in its lane; 0 when left out.")),
        .optional("runAt", .time.orNull.described("Not before this time.")),
        .optional("maxAttempts", .integer(1...100).orNull),
        .optional("uniqueKey", .string(1...255).orNull.described("While a job of the kind with this key is pending, another is not accepted: its id is answered.")),
        .optional("uniqueFor", .integer(1...2_592_000).orNull.described("Seconds for which the key goes on to count after the job has ended; needs a `uniqueKey`.")),
        .optional("laneKey", laneName.orNull.described("Of the jobs of a lane with the same key one runs at a time.")),
        .optional("deadline", .integer(1...86_400).orNull.described("Seconds that an attempt may take.")),
        .optional("notAfter", .time.orNull.described("Cancelled when it has not begun by then; after `runAt`.")),
    ]

    static let batch = Schema.anyOf([
        .array(request, 1...1000),
        .object(nil, [.required("jobs", .array(request, 1...1000))] + then),
    ])

    static let receipt = Schema.object(
        "JobReceipt",
        [
            .required("jobId", .id(JobRow.self)), .required("status", .choice(["pending", "cancelled", "cancelling"])), .required("links", .links),
            .optional("duplicate", .boolean.described("True when this is an earlier job with the same unique key.")),
            .optional("then", .array(.reference("JobReceipt"))),
        ])

    static let summaryMembers: [Schema.Member] = [
        .required("id", .id(JobRow.self)), .required("kind", .string()), .required("queue", .string()), .required("lane", .string()),
        .required("priority", .integer()), .required("status", .choice(JobState.self)),
        .required("attempt", .integer(1...(.max)).described("That runs or comes next.")), .required("failures", .integer(0...(.max))),
        .required("reclaims", .integer(0...(.max)).described("Attempts whose worker died.")), .required("maxAttempts", .integer(1...(.max))),
        .required("runAt", .time.orNull), .required("uniqueKey", .string().orNull), .required("traceparent", .string().orNull),
        .required("errorClass", .string().orNull), .required("errorMessage", .string().orNull), .required("createdAt", .time),
        .required("settledAt", .time.orNull), .required("links", .links),
    ]

    static let detailMembers: [Schema.Member] =
        summaryMembers + [
            .optional("scheduleId", .id(Schedule.self)), .required("laneKey", .string().orNull), .required("deadline", .integer().orNull),
            .required("notAfter", .time.orNull), .required("payloadVersion", .integer()), .required("cancelReason", .string().orNull),
            .required("blockedBy", .array(.id(JobRow.self))), .required("then", .array(.id(JobRow.self))),
            .required("progress", .anyOf([progress, .null])), .required("result", .any), .required("payload", .any),
            .required("attempts", .array(attempt)),
        ]

    static let summary = Schema.object("Job", summaryMembers)
    static let detail = Schema.object("JobDetail", detailMembers)
    static let finished = Schema.object("FinishedJob", [.required("jobId", .id(JobRow.self))] + detailMembers)

    private static let progress = Schema.object(
        nil,
        [
            .required("percent", .number.orNull), .required("text", .string()), .required("attempt", .integer()), .required("at", .time),
        ])

    static let attempt = Schema.object(
        "Attempt",
        [
            .required("attempt", .integer().orNull), .required("at", .time), .required("outcome", .string()), .required("httpStatus", .integer().orNull),
            .required("errorClass", .string().orNull), .required("errorMessage", .string().orNull),
            .required("durationMicroseconds", .integer().orNull), .required("details", .any),
        ])
}

extension Schema {
    /// Paths of what belongs to it, by name.
    static let links = Schema(keywords: [("type", "object"), ("additionalProperties", ["type": ["string", "null"]])])
}
