import Primitives

enum WebhookHealthSchemas {
    static let health = Schema.object(
        "WebhookHealth",
        [
            .required("circuit", .choice(["closed", "open", "half_open"]).described("Open: too many attempts failed, and nothing is sent for a while.")),
            .required("circuitUntil", .time.orNull),
            .required("failingSince", .time.orNull.described("The first failure after the last success.")),
            .required("failures", .integer().described("Since then.")),
            .required("warning", .integer().orNull.described("Percent of the time after which it is disabled, as last warned of.")),
            .required("lastSuccessAt", .time.orNull), .required("lastFailureAt", .time.orNull), .required("certificateExpiresAt", .time.orNull),
        ])

    static let standing = Schema.object(
        "WebhookStanding",
        [
            .required("id", .id(Endpoint.self)), .required("status", .choice(["active", "disabled", "paused"])),
            .required("disabledAt", .time.orNull),
            .required("disabledReason", .string().orNull.described("`gone` (410), `asked` (`webhook-delivery: disable`), `failing` or `manual`.")),
            .required("health", health),
        ])

    /// One of the causes for which a lane is held.
    static let hold = Schema.object(
        nil,
        [
            .required("cause", .choice(["operator", "throttle", "circuit", "disabled", "paused", "reauth"])),
            .required("seconds", .integer().orNull.described("Until it ends by itself.")), .required("reason", .string()), .required("by", .string()),
            .required("since", .time),
        ])
}
