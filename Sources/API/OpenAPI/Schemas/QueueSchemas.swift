import Primitives

enum QueueSchemas {
    private static let whole: ClosedRange<Int64> = 0...1_000_000
    private static let rate = Schema.object(
        nil, [.required("jobs", .integer(whole)), .optional("seconds", .integer(1...86_400).orNull)], open: false)

    static let limitMembers: [Schema.Member] = [
        .optional("rate", .anyOf([rate, .null]).described("Jobs in so many seconds; no jobs at all stands for no rate.")),
        .optional("burst", .integer(1...1_000_000).orNull), .optional("concurrency", .integer(whole).orNull.described("0 for no limit.")),
        .optional("strict", .boolean.orNull.described("One at a time, in order; a retry holds the lane.")),
    ]

    private static let shownRate = Schema.object(nil, [.required("jobs", .integer()), .required("seconds", .integer())])
    static let rateShown = Schema.anyOf([shownRate, .null])
    private static let shownLimits = Schema.object(
        "LaneLimits",
        [
            .required("rate", .anyOf([shownRate, .null])), .required("burst", .integer().orNull), .required("concurrency", .integer().orNull),
            .required("strict", .boolean.orNull),
        ])

    private static let pauses: [Schema.Member] = [
        .required("paused", .boolean), .required("pausedSeconds", .integer().orNull), .required("pausedReason", .string().orNull),
        .required("pausedBy", .string().orNull),
    ]

    static let queue = Schema.object(
        "Queue",
        [
            .required("queue", .string()), .required("due", .integer().orNull), .required("scheduled", .integer().orNull),
            .required("dead", .integer().orNull), .required("oldestDueAt", .time.orNull), .required("sampledAt", .time.orNull),
            .required("running", .integer().orNull), .required("weight", .integer()), .required("priority", .integer()),
            .required("concurrency", .integer()), .required("processConcurrency", .integer()), .required("draining", .boolean),
            .required("laneDefaults", shownLimits),
        ] + pauses)

    static let change = Schema.object(
        "QueueChange",
        [
            .optional("weight", .integer(1...1000).orNull), .optional("priority", .integer(-100...100).orNull),
            .optional("concurrency", .integer(whole).orNull.described("Of the whole fleet; 0 for no limit.")),
            .optional("processConcurrency", .integer(whole).orNull),
            .optional("laneDefaults", .anyOf([.object(nil, limitMembers, open: false), .null])),
        ], open: false)

    static let pauseMembers: [Schema.Member] = [
        .required("reason", .string(1...500)),
        .optional("seconds", .integer(1...31_622_400).orNull.described("Until further notice when left out.")),
    ]

    static let lane = Schema.object(
        "Lane",
        [
            .required("queue", .string()), .required("lane", .string()), .required("limits", shownLimits), .required("effectiveLimits", shownLimits),
            .required("running", .integer().orNull), .required("waitingInIndex", .integer().orNull), .required("overflowing", .boolean.orNull),
            .required("oldestDueAt", .time.orNull),
            .required("holds", .array(WebhookHealthSchemas.hold).described("All that holds it, the one that ends last first; it runs when all have ended.")),
        ] + pauses)

    /// Which lane of the workspace is meant.
    static let place: [Schema.Member] = [.required("queue", .queueName), .required("lane", JobSchemas.laneName)]

    static let worker = Schema.object(
        "Worker",
        [
            .required("id", .string()), .required("host", .string()), .required("pid", .integer()), .required("version", .string()),
            .required("startedAt", .time), .required("seenAt", .time), .required("queues", .any),
        ])
}
