import Primitives

enum LogOperations {
    static let list = Operation(
        "listLogs", .log, "The log, newest first",
        parameters: .paging("logs", .number) + [
            .query("type", .filter, "What kind of line."), .query("jobId", .id(JobRow.self), "About this job."),
            .query("kind", .filter, "About jobs of this kind."), .query("outcome", .filter, "How it ended."),
            .query("since", .time, "From this time on."), .query("until", .time, "Before this time."),
        ],
        answers: [
            .page(
                "A page of lines.",
                of: .object(
                    "LogLine",
                    [
                        .required("id", .string()), .required("at", .time), .required("type", .string()), .required("jobId", .id(JobRow.self).orNull),
                        .required("kind", .string().orNull), .required("lane", .string().orNull), .required("attempt", .integer().orNull),
                        .required("outcome", .string()), .required("httpStatus", .integer().orNull), .required("errorClass", .string().orNull),
                        .required("message", .string().orNull), .required("durationMicroseconds", .integer().orNull), .required("details", .any),
                    ]),
                example: [
                    "id": "4711", "at": Examples.time, "type": "attempt", "jobId": .string(Examples.job), "kind": "webhook.deliver", "lane": "imports",
                    "attempt": 1, "outcome": "succeeded", "httpStatus": 200, "errorClass": .null, "message": .null, "durationMicroseconds": 1500,
                    "details": .null,
                ])
        ])
}
