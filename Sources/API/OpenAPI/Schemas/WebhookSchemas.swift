import Jobs
import Ledger
import Primitives

enum WebhookSchemas {
    static let type = Schema.string(1...128, pattern: "^(\\*|[a-z0-9_]+(\\.[a-z0-9_]+)+)$").described("A type such as `course.completed`, or `*` for all.")
    private static let types = Schema.array(type, 1...WebhookDraft.mostEventTypes)
    private static let secret = Schema.string(pattern: "^whsec_([A-Za-z0-9+/]{4}){8,21}$")
    static let url = Schema.url.described("Where events are sent: `https://`, 4,096 bytes at most, and no address inside our own network.")

    /// What may be set at any time.
    private static let settings: [Schema.Member] = about + QueueSchemas.limitMembers.filter { $0.name != "strict" } + delivery

    private static let about: [Schema.Member] = [
        .optional("description", .string(0...WebhookDraft.longestDescription).orNull), .optional("headers", WebhookHeaderSchemas.given.orNull),
        .optional("metadata", Schema.object(nil, []).orNull.described("The client's own, to the byte. At most 16 KiB.")),
    ]

    private static let delivery: [Schema.Member] = [
        .optional("timeoutSeconds", .integer(WebhookDraft.timeouts).orNull.described("Of one attempt, the answer's body included; 15 when left out.")),
        .optional(
            "retrySchedule",
            Schema.array(.integer(WebhookDraft.waits), 0...WebhookDraft.mostRetries).orNull
                .described("Seconds between the attempts; the schedule of Standard Webhooks, over three days, when left out.")),
        .optional(
            "deliveryOrder",
            Schema.choice(DeliveryOrder.self).orNull
                .described("`fifo`: one after another, a retry holds the others. `key`: so where events have the same value at `orderKey`.")),
        .optional(
            "orderKey",
            .string(1...WebhookDraft.longestOrderKey, pattern: "^(/([^~/\\x00]|~[01])*){1,16}$").orNull.described("JSON pointer into an event's `data`.")),
        .optional("apiVersion", .choice(WebhookDraft.apiVersions).orNull.described("The version of bodies that the receiver was written for; sent as `webhook-api-version`. There is one so far.")),
    ]

    private static let onlyWhenMade: [Schema.Member] = [
        .optional("secret", secret.orNull.described("`whsec_` and the base64 of 24 to 64 bytes; a random one when left out.")),
        .optional("signature", Schema.choice(SignatureScheme.self).orNull.described("`v1`: a shared secret. `v1a`: a pair of keys, made here.")),
        .optional("ownershipChallenge", .boolean.orNull.described("Disabled until the receiver has echoed a challenge.")),
    ]

    /// An order by key needs one; a pair of keys is made here.
    private static func bound(_ schema: Schema) -> Schema {
        schema.with(
            "allOf",
            [
                [
                    "if": ["properties": ["deliveryOrder": ["const": "key"]], "required": ["deliveryOrder"]],
                    "then": ["properties": ["orderKey": ["type": "string"]], "required": ["orderKey"]],
                ],
                [
                    "if": ["properties": ["signature": ["const": "v1a"]], "required": ["signature"]],
                    "then": ["properties": ["secret": ["type": "null"]]],
                ],
            ])
    }

    /// One type or several, and not both.
    static let request: Schema = {
        let first: [Schema.Member] = [.required("webhookUrl", url), .optional("filter", .anyOf([FilterSchemas.filter, .null]))]
        let common = first + settings + onlyWhenMade
        return .oneOf([
            bound(.object(nil, [.required("eventType", type), .optional("eventTypes", .null)] + common, open: false)),
            bound(.object(nil, [.required("eventTypes", types), .optional("eventType", .null)] + common, open: false)),
        ]).named("WebhookRequest")
    }()

    static let subscription: Schema = {
        let filters = Schema(
            keywords: [
                ("type", "object"), ("patternProperties", .object([("^[a-z0-9_]+(\\.[a-z0-9_]+)+$", FilterSchemas.filter.json)])),
                ("additionalProperties", false), ("propertyNames", ["minLength": 3, "maxLength": 128]), ("minProperties", 1), ("maxProperties", 10),
                ("description", "By event type: which of its events are wanted. The other types' events come as they are."),
            ], components: FilterSchemas.filter.components)
        let first: [Schema.Member] = [.required("webhookUrl", url)]
        let common = first + settings + onlyWhenMade
        let several = Schema.array(type, 1...40)
        return .anyOf([
            bound(.object(nil, [.required("eventTypes", several), .optional("filters", .anyOf([filters, .null]))] + common, open: false)),
            bound(.object(nil, [.required("filters", filters), .optional("eventTypes", .anyOf([several, .null]))] + common, open: false)),
        ]).named("WebhookSubscription")
    }()

    static let change = Schema.object(
        "WebhookChange",
        [
            .optional("webhookUrl", url), .optional("eventTypes", types),
            .optional("filter", .anyOf([FilterSchemas.filter, .null]).described("Replaced as a whole.")),
        ] + settings, open: false)

    private static let members: [Schema.Member] = [
        .required("id", .id(Endpoint.self)), .required("status", .choice(["active", "disabled", "paused"])),
        .required("eventTypes", .array(.string())), .required("webhookUrl", .string()), .required("description", .string()),
        .required("filter", Schema(keywords: [("type", ["object", "null"])])), .required("headers", WebhookHeaderSchemas.shown),
        .required("metadata", .object(nil, [])), .required("signature", .choice(SignatureScheme.self)), .required("rate", QueueSchemas.rateShown),
        .required("burst", .integer().orNull), .required("concurrency", .integer().orNull), .required("timeoutSeconds", .integer()),
        .required("retrySchedule", Schema.array(.integer()).orNull), .required("deliveryOrder", .choice(DeliveryOrder.self)),
        .required("orderKey", .string().orNull), .required("apiVersion", .string().orNull), .required("ownershipChallenge", .boolean),
        .required("verifiedAt", .time.orNull), .required("disabledAt", .time.orNull),
        .required("disabledReason", .string().orNull.described("Why, when it is disabled; `unverified` until a challenge is echoed.")),
        .required("version", .integer(1...2_147_483_647).described("One more with every change; the `ETag`.")), .required("createdAt", .time),
        .required("updatedAt", .time), .required("links", .links),
    ]

    static let webhook = Schema.object("Webhook", members)
    /// With the secret of `v1`, or the public half of `v1a`.
    static let created = Schema.object(
        "CreatedWebhook",
        members + [
            .optional("secret", .string().described("Of `v1`: shown here and nowhere else.")),
            .optional("publicKey", .string().described("Of `v1a`: `whpk_` and the base64 of the public half.")),
        ])
}

/// Headers of an endpoint's own.
enum WebhookHeaderSchemas {
    private static let value = Schema.string(1...WebhookHeaderFields.longestValue, pattern: "^[!-~]([ -~]*[!-~])?$")

    /// Names in any case but those that only we set.
    private static let names: String = {
        func anyCase(_ text: String) -> String {
            text.map { $0.isLetter ? "[\($0.uppercased())\($0)]" : "\($0)" }.joined()
        }
        let words = WebhookHeaderFields.forbidden.map { anyCase($0) + "$" } + WebhookHeaderFields.forbiddenBeginnings.map(anyCase)
        return "^(?!\(words.joined(separator: "|")))[-!#$%&'*+.^_`|~0-9A-Za-z]{1,\(WebhookHeaderFields.longestName)}$"
    }()

    static let given: Schema = {
        let object = Schema.object(nil, [.required("value", value), .optional("secret", .boolean.orNull)], open: false)
        return Schema(keywords: [
            ("type", "object"), ("propertyNames", ["pattern": .string(names)]),
            ("additionalProperties", Schema.anyOf([value, object, .null]).json), ("maxProperties", .int(WebhookHeaderFields.most)),
            (
                "description",
                "Sent with each delivery. A secret one's value is shown to nobody; names such as `authorization` are secret unless it is said otherwise."
            ),
        ])
    }()

    static let shown = Schema(keywords: [
        ("type", "object"),
        ("additionalProperties", Schema.object(nil, [.required("value", .string().orNull), .required("secret", .boolean)]).json),
    ])
}

/// Public halves of pairs of keys.
enum WebhookKeySchemas {
    static let keys = Schema.object(
        "WebhookKeys",
        [
            .required(
                "keys",
                .array(
                    .object(nil, ["kty", "crv", "alg", "use", "kid", "x", "publicKey"].map { .required($0, .string()) })))
        ])
}
