import Ledger
import Primitives

enum DeadLetterSchemas {
    private static let fingerprint: [Schema.Member] = [.required("fingerprint", .string().orNull.described("What dead letters of the same fault share."))]

    static let summary = Schema.object("DeadLetter", JobSchemas.summaryMembers + fingerprint)
    static let detail = Schema.object(
        "DeadLetterDetail",
        JobSchemas.detailMembers.filter { $0.name != "payloadVersion" } + fingerprint + [.required("payloadVersion", .integer(1...(.max))), .required("payloads", .array(version))])

    private static let versionMembers: [Schema.Member] = [
        .required("version", .integer(1...(.max))), .required("author", .string().orNull), .required("at", .time), .required("links", .links),
    ]
    private static let version = Schema.object(nil, versionMembers)
    static let payload = Schema.object("PayloadVersion", versionMembers + [.required("payload", .any)])

    static let group = Schema.object(
        "DeadLetterGroup",
        [
            .required("key", .string().orNull), .required("groupBy", .choice(DeadLetterGrouping.self)), .required("count", .integer(1...(.max))),
            .required("oldestAt", .time), .required("newestAt", .time), .required("kind", .string().orNull), .required("errorClass", .string().orNull),
            .required("sample", .object(nil, [.required("jobId", .id(JobRow.self)), .required("errorMessage", .string().orNull)])),
            .required("links", .links),
        ])

    // MARK: Orders

    private static let filterMembers: [Schema.Member] = [
        .optional("kind", .string(1...128).orNull), .optional("queue", .string(1...128).orNull), .optional("errorClass", .string(1...256).orNull),
        .optional("fingerprint", .string(1...64).orNull), .optional("diedAfter", .time.orNull), .optional("diedBefore", .time.orNull),
    ]
    private static let lane: Schema.Member = .optional("lane", .string(1...256).orNull)
    private static let webhook: Schema.Member = .optional("webhookId", .id(Endpoint.self).orNull)

    /// By a lane or by an endpoint, whose lane is its own.
    static let filter = Schema.anyOf([
        .object(nil, filterMembers + [lane, .optional("webhookId", .null)], open: false), .object(nil, filterMembers + [webhook, .optional("lane", .null)], open: false),
    ]).named("DeadLetterFilter")

    private static let how: [Schema.Member] = [
        .optional("dryRun", .boolean.orNull.described("Only tell what would be done.")),
        .optional("rate", .integer(1...5000).orNull.described("Jobs a second; makes it an operation of the leader's.")),
        .optional("background", .boolean.orNull.described("Make it an operation, however few there are.")),
    ]

    static let order = Schema.oneOf([
        .object(nil, [.required("ids", .array(.id(JobRow.self), 1...1000)), .optional("filter", .null), .optional("limit", .null)] + how, open: false),
        .object(
            nil, [.required("filter", filter), .optional("ids", .null), .optional("limit", .integer(1...1_000_000_000).orNull.described("Of those that match."))] + how,
            open: false),
    ]).named("DeadLetterOrder")

    /// What one order of up to a thousand did at once.
    static let report = Schema.object(
        "DeadLetterReport",
        [
            .optional("replayed", .integer(0...(.max))), .optional("discarded", .integer(0...(.max))), .required("dryRun", .boolean),
            .required("results", .array(.object(nil, [.required("id", .id(JobRow.self)), .required("result", .string())]))),
            .optional("limitReached", .boolean), .optional("total", .integer(0...(.max))), .optional("background", .boolean),
        ])

    static let operation = Schema.object(
        "DeadLetterOperation",
        [
            .required("operationId", .id(DeadLetterOperationRow.self)), .required("action", .choice(["replay", "discard"])),
            .required("status", .choice(DeadLetterOperation.State.self)), .required("author", .string()), .required("ids", .integer().orNull),
            .required("filter", .anyOf([.object(nil, []), .null])), .required("rate", .integer().orNull), .required("limit", .integer().orNull),
            .required("total", .integer()), .required("processed", .integer()), .required("done", .integer()), .required("skipped", .integer()),
            .required("error", .string().orNull), .required("createdAt", .time), .required("updatedAt", .time), .required("endedAt", .time.orNull),
            .required("links", .links),
        ])
}
