import Primitives

enum WebhookSchemas {
    /// One type or several, and not both.
    static let request: Schema = {
        let common: [Schema.Member] = [
            .required("webhookUrl", Schema.url.described(
                    "Where events are sent: `https://`, 4,096 bytes at most, and no address inside our own network.")),
            .optional("description", .string(1...500).orNull),
            .optional("secret", secret.orNull.described("`whsec_` and the base64 of 24 to 64 bytes; a random one when left out.")),
        ]
        return .oneOf([
            .object(nil, [.required("eventType", EventSchemas.name), .optional("eventTypes", .null)] + common, open: false),
            .object(nil, [.required("eventTypes", .array(EventSchemas.name, 1...50)), .optional("eventType", .null)] + common, open: false),
        ]).named("WebhookRequest")
    }()

    private static let secret = Schema.string(pattern: "^whsec_([A-Za-z0-9+/]{4}){8,21}$")

    private static let members: [Schema.Member] = [
        .required("id", .id(Endpoint.self)), .required("status", .choice(["active", "disabled", "paused"])),
        .required("eventTypes", .array(.string())), .required("webhookUrl", .string()), .required("description", .string()),
        .required("createdAt", .time), .required("updatedAt", .time),
    ]

    static let webhook = Schema.object("Webhook", members)
    static let created = Schema.object(
        "CreatedWebhook", members + [.required("secret", .string().described("Shown here and nowhere else."))])
}
