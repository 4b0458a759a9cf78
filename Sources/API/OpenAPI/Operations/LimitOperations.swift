/// What the document says of rate limits.
enum LimitOperations {
    static let range: ClosedRange<Int64> = 1...Int64(RateLimit.most)

    static let remaining = Operation(
        "getRateLimit", .workspace, "What remains of the caller's limits",
        description: "By class of routes: `read`, `write`, and `enqueue` for asking for jobs and publishing events. This request is not counted itself.",
        answers: [.ok("What remains; null where it is not known at the moment.", LimitSchemas.remaining, example: LimitSchemas.remainingExample)])

    static let show = Operation(
        "getLimits", .workspace, "Limits of the workspace", description: "How often each of its credentials may come.",
        answers: [.ok("The limits.", LimitSchemas.limits, example: LimitSchemas.example)])

    static let change = Operation(
        "changeLimits", .workspace, "Change the limits of the workspace",
        description: "A class that is named gets these limits, null takes it back to the default. In force everywhere within a second. More than the default needs the scope `fleet`.",
        body: .json(LimitSchemas.change, example: ["read": ["perMinute": 3000, "burst": 500], "write": .null]),
        answers: [.ok("The limits as they are now.", LimitSchemas.limits, example: LimitSchemas.example)],
        problems: [.beyondCaller([.body("/read", "is more than the operator's 6000 a minute and 2000 at once")])])
}
