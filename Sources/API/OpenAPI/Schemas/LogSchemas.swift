import Identity
import Ledger
import Primitives

enum LogSchemas {
    static let line = Schema.object("LogLine", members)
    static let detail = Schema.object(
        "LogLineWithBodies",
        members + [
            .required("requestBody", body.described("What came, redacted; a string when it had to be cut. Null where it is not kept.")),
            .required("responseBody", body.described("What was answered, likewise.")),
        ])
    static let policy = Schema.object("LogPolicy", [.required("bodies", bodies), .required("redact", rules)])
    static let policyChange = Schema.object("LogPolicyChange", [.optional("bodies", bodies.orNull), .optional("redact", rules.orNull)], open: false)

    private static let text = Schema.string()
    private static let body = Schema.any
    private static let bodies = Schema.choice(LogPolicy.Bodies.self).described("Of which requests the log keeps the bodies, up to 16 KiB each.")
    private static let rules = Schema.array(
        .string(1...LogPolicyRoutes.longestRule, pattern: LogPolicyRoutes.rulePattern), 0...LogPolicyRoutes.mostRules
    ).described("Members, by name or by JSON pointer, whose values are not kept. What looks like a secret never is.")

    private static let members: [Schema.Member] = ofEveryLine + ofJobs + ofRequests

    private static let ofEveryLine: [Schema.Member] = [
        .required("id", .id(LogEntry.self)),
        .required("at", .time),
        .required("type", text.described("`request`, `attempt`, or what else became of a job, such as `replay`.")),
        .required("outcome", text.described("Of a request `answered`, `refused` (4xx) or `failed` (5xx).")),
        .required("httpStatus", .integer().orNull),
        .required("errorClass", text.orNull.described("Of a request the problem's `code`.")),
        .required("message", text.orNull),
        .required("durationMicroseconds", .integer(0...(.max)).orNull),
        .required("details", .any),
    ]

    private static let ofJobs: [Schema.Member] = [
        .required("jobId", .id(JobRow.self).orNull), .required("kind", text.orNull), .required("lane", text.orNull),
        .required("attempt", .integer().orNull),
    ]

    private static let ofRequests: [Schema.Member] = [
        .required("method", text.orNull),
        .required("route", text.orNull.described("The template that matched; null where none did.")),
        .required("path", text.orNull),
        .required("principal", text.orNull.described("The key, client or user.")),
        .required("address", text.orNull),
        .required("requestId", text.orNull),
        .required("traceId", text.orNull),
    ]
}
