import Ledger
import Primitives

enum ReplaySchemas {
    static let replay = Schema.object(
        "Replay",
        [
            .required("id", .id(ReplayRow.self)), .required("webhookId", .id(Endpoint.self)), .required("choice", .choice(ReplaySelection.Choice.self)),
            .required("status", .choice(Replay.State.self)), .required("author", .string()), .required("since", .time.orNull),
            .required("until", .time), .required("eventTypes", Schema.array(.string()).orNull),
            .required("deliveryStatus", .choice(ReplayOrder.Status.self).orNull), .required("url", .string().orNull),
            .required("rate", .integer().orNull), .required("total", .integer(0...(.max))), .required("processed", .integer(0...(.max))),
            .required("done", .integer(0...(.max))),
            .required("skipped", .integer(0...(.max)).described("Nothing to send was kept of them, or they were dead no more.")),
            .required("error", .string().orNull), .required("createdAt", .time), .required("updatedAt", .time), .required("endedAt", .time.orNull),
            .required("links", .links),
        ])

    static let count = Schema.object(
        "ReplayCount", [.required("dryRun", .boolean), .required("total", .integer(0...(.max)).described("Exactly as many would be made."))])

    private static let until: Schema.Member = .optional("until", .time.orNull.described("Before this time; now when left out."))
    private static let how: [Schema.Member] = [
        until, .optional("eventTypes", Schema.array(EventSchemas.name, 1...ReplayOrder.mostEventTypes).orNull),
        .optional("url", WebhookSchemas.url.orNull.described("Send them there instead; what becomes of it is no concern of the webhook's.")),
        .optional("rate", .integer(1...5000).orNull.described("Deliveries a second.")),
        .optional("dryRun", .boolean.orNull.described("Only tell how many there are.")),
    ]

    static let recovery = Schema.object("RecoverOrder", [.required("since", .time.described("Given up from this time on."))] + how, open: false)
    static let missing = Schema.object("ReplayMissingOrder", [.required("since", .time.described("Published from this time on."))] + how, open: false)
    static let filtered = Schema.object(
        "ReplayOrder",
        [
            .optional("since", .time.orNull.described("Made from this time on.")),
            .optional("status", .choice(ReplayOrder.Status.self).orNull.described("What became of them; all that ended when left out.")),
        ] + how, open: false)
}
