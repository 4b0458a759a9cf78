import HTTPTypes
import Ledger
import Primitives

enum LogOperations {
    static let list = Operation(
        "listLogs", .log, "Requests, attempts and what else happened, newest first",
        description: """
            A page looks at 20,000 lines at most. When a filter lets few of them through, the page is short, or empty, and has a `nextCursor` all the \
            same: the list goes on behind it. It has ended when `nextCursor` is null.
            """,
        parameters: .paging("logs", .id(LogEntry.prefix)) + filters + [unauthenticated], answers: [.page("A page of the log.", of: LogSchemas.line, example: exampleLine)])

    static let show = Operation(
        "getLogLine", .log, "A line of the log, with the bodies where they are kept", parameters: [unauthenticated],
        answers: [.ok("The line.", LogSchemas.detail, example: exampleDetail)])

    static let showPolicy = Operation(
        "getLogPolicy", .workspace, "What the log keeps of this workspace's requests",
        answers: [.ok("The policy.", LogSchemas.policy, example: examplePolicy)])

    static let changePolicy = Operation(
        "changeLogPolicy", .workspace, "Keep bodies of requests, or keep less of them",
        description: "Every process has it within about a second. What was written before stays as it is.",
        body: .json(LogSchemas.policyChange, example: examplePolicy), answers: [.ok("The policy as it is now.", LogSchemas.policy, example: examplePolicy)])

    private static let address = Schema.anyOf([
        .string(format: "ipv4"), .string(format: "ipv6"),
        .string(pattern: #"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])$"#),
    ])
    private static let unauthenticated = Parameter.query(
        "unauthenticated", .boolean, "Requests whose caller nobody knows, of all workspaces together. Needs the scope `fleet`.")

    private static let filters: [Parameter] = [
        .query("type", .filter, "`request`, `attempt` and so on."),
        .query("jobId", .id(JobRow.self), "Lines about this job."),
        .query("kind", .filter, "Lines about jobs of this kind."),
        .query("lane", .filter, "Lines about jobs of this lane."),
        .query("outcome", .filter, "Such as `refused` or `retried`."),
        .query("status", .string(pattern: "^[1-5]([0-9]{2}|xx)$"), "A status, `404`, or a class, `5xx`."),
        .query("method", .filter, "Of a request."),
        .query("route", .filter, "The template, `/api/jobs/{id}`."),
        .query("principal", .filter, "The key, client or user."),
        .query("address", address, "The client's address, or a network of clients, `192.0.2.0/24`."),
        .query("requestId", .filter, "The `X-Request-Id` of the answer."),
        .query("traceId", .string(pattern: "^[0-9a-f]{32}$"), "The trace that a request belonged to."),
        .query("errorClass", .filter, "Of a request the problem's `code`."),
        .query("durationAbove", .integer(0...LogFilter.longestDuration), "Microseconds: lines that took longer."),
        .query("since", .time, "From this time on."),
        .query("until", .time, "Before this time."),
    ]

    private static let examplePolicy: JSON = ["bodies": "errors", "redact": ["email", "/data/customer"]]

    private static let exampleMembers: [(String, JSON)] = [
        ("id", "log_00r3qmq3vp0r00000000001wx9"), ("at", Examples.time), ("type", "request"), ("jobId", .null), ("kind", .null),
        ("lane", .null), ("attempt", .null), ("outcome", "refused"), ("httpStatus", 422), ("errorClass", "validation_failed"), ("message", .null),
        ("durationMicroseconds", 812), ("method", "POST"), ("route", "/api/jobs"), ("path", "/api/jobs"),
        ("principal", "key_01hm5kq0x3zj8vavtbq7h2v9me"), ("address", "192.0.2.7"), ("requestId", "req_01hm5kq0x4a8m7f1s9c2b6d3ea"),
        ("traceId", "0af7651916cd43dd8448eb211c80319c"), ("details", .null),
    ]
    private static let exampleLine = JSON.object(exampleMembers)
    private static let exampleDetail = JSON.object(
        exampleMembers + [
            ("requestBody", ["kind": "noop", "payload": ["password": "[redacted]"], "priority": 900]),
            ("responseBody", ["code": "validation_failed", "errors": [["pointer": "/priority", "reason": "must be an integer from -100 to 100"]]]),
        ])
}
