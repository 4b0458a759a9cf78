import Ledger
import Primitives

enum DeliveryOperations {
    static let list = Operation(
        "listDeliveries", .webhooks, "What became of the events that went to a webhook, newest first",
        description: """
            A page looks at 5,000 deliveries at most. When a filter lets few of them through, the page is short, or empty, and has a `nextCursor` all the \
            same: the list goes on behind it. It has ended when `nextCursor` is null.
            """,
        parameters: .paging("deliveries", .id("dlv")) + [
            .query("status", .choice(JobState.self), "How they stand; `dead` are those that were given up."),
            .query("event", .filter, "The type of their event."), .query("replay", .boolean, "Those that were made anew, or those that were not."),
            .query("since", .time, "Made from this time on."), .query("until", .time, "Made before this time."),
        ],
        answers: [.page("A page of deliveries.", of: DeliverySchemas.summary, example: .object(members)).leading(to: ["getDelivery", "redeliver"], id: "/data/0/id")])

    static let show = Operation(
        "getDelivery", .webhooks, "A delivery with every attempt",
        answers: [.ok("The delivery.", DeliverySchemas.detail, example: .object(members + details))])

    static let redeliver = Operation(
        "redeliver", .webhooks, "Deliver once more, whatever became of it",
        description: "A new delivery with the whole schedule before it. Receivers get the `webhook-id` that they know, and `webhook-replay: true`.",
        body: .empty,
        answers: [
            .accepted(
                "It will be delivered.", DeliverySchemas.receipt,
                example: [
                    "deliveryId": .string(other), "jobId": .string(Examples.other), "webhookId": .string(Examples.webhook), "messageId": .string(delivery),
                    "status": "pending", "links": ["self": .string("/api/deliveries/\(other)"), "original": .string("/api/deliveries/\(delivery)")],
                ]
            ).leading(to: ["getDelivery"], id: "/deliveryId")
        ],
        problems: [.draining("webhooks"), .notRedeliverable])

    static let stats = Operation(
        "getWebhookStats", .webhooks, "How a webhook has been doing",
        parameters: [.query("window", .choice(StatsWindow.self), "How far back; `24h` when left out.")],
        answers: [.ok("The statistics.", DeliverySchemas.stats, example: exampleStats)])

    static let delivery = "dlv_01jd2n8w5tq3v9k7x4m6b0c1yz"
    private static let other = "dlv_01jd2n8w5tq3v9k7x4m6b0c1z0"

    private static let members: [(String, JSON)] = [
        ("id", .string(delivery)), ("webhookId", .string(Examples.webhook)), ("eventId", "evt-7"), ("event", "course.completed"),
        ("jobId", .string(Examples.job)), ("messageId", .string(delivery)), ("isReplay", false), ("status", "pending"), ("attempt", 2), ("failures", 1),
        ("maxAttempts", 10), ("errorClass", "http_status"), ("errorMessage", "the receiver answered 503"), ("createdAt", Examples.time),
        ("settledAt", .null),
        ("links", ["self": .string("/api/deliveries/\(delivery)"), "job": .string("/api/jobs/\(Examples.job)"), "webhook": .string("/api/webhooks/\(Examples.webhook)")]),
    ]

    private static let details: [(String, JSON)] = [
        ("nextAttempt", ["at": "2024-01-15T10:32:00.000000Z", "why": "retry_after"]), ("traceparent", .null),
        (
            "request",
            [
                "method": "POST", "url": "https://your-app.example/webhook", "headers": [["name": "webhook-id", "value": .string(delivery)]],
                "body": #"{"event":"course.completed","eventId":"evt-7","timestamp":"2024-01-15T10:30:00Z","data":{}}"#,
            ]
        ),
        ("attempts", [attempt]),
    ]

    private static let attempt: JSON = [
        "attempt": 1, "at": Examples.time, "outcome": "retried", "httpStatus": 503, "errorClass": "http_status",
        "errorMessage": "the receiver answered 503", "durationMicroseconds": 48_211,
        "timings": ["queueWait": 1830, "nameLookup": 2100, "connect": 14_300, "tls": 31_000, "firstByte": 47_900, "total": 48_100], "phase": .null,
        "httpVersion": "2", "tlsVersion": "TLSv1.3", "certificateExpiresAt": "2024-04-01T00:00:00Z", "reusedConnection": false, "url": .null,
        "requestBytes": 96,
        "response": ["bytes": 4, "isTruncated": false, "headers": [["name": "retry-after", "value": "120"]], "body": "busy"],
        "next": ["why": "retry_after", "at": "2024-01-15T10:32:00.000000Z", "laneHeldMicroseconds": 120_000_000],
    ]

    private static let exampleStats: JSON = [
        "webhookId": .string(Examples.webhook), "window": "24h", "from": "2024-01-14T10:30:00.000000Z", "to": Examples.time, "isComplete": true,
        "attempts": 200, "succeeded": 198, "failed": 2, "exhausted": 0, "successRate": .number(0.99),
        "durationMicroseconds": ["p50": 42_000, "p95": 91_000, "p99": 310_000], "lastSuccessAt": Examples.time, "lastFailureAt": .null, "waiting": 0,
        "oldestDueAt": .null, "pastDueSeconds": .null,
    ]
}
