import HTTPTypes

enum WebhookOperations {
    static let members: [(String, JSON)] = [
        ("id", .string(Examples.webhook)), ("status", "active"), ("eventTypes", ["course.completed"]),
        ("webhookUrl", "https://your-app.example/webhook"), ("description", ""), ("filter", ["data.course.score": ["$gte": 90]]),
        ("headers", ["x-team": ["value": "a", "secret": false], "authorization": ["value": .null, "secret": true]]), ("metadata", .object([])),
        ("signature", "v1"), ("rate", ["jobs": 10, "seconds": 1]), ("burst", .null), ("concurrency", 4), ("timeoutSeconds", 15), ("retrySchedule", .null),
        ("deliveryOrder", "none"), ("orderKey", .null), ("apiVersion", .null), ("ownershipChallenge", false), ("verifiedAt", .null),
        ("disabledAt", .null), ("disabledReason", .null), ("version", 1), ("createdAt", Examples.time), ("updatedAt", Examples.time),
        ("links", ["self": "/api/webhooks/whk_01jd2n8w5tq3v9k7x4m6b0c1yz"]),
    ]
    private static let webhook = JSON.object(members)
    static let created = JSON.object(members + [("secret", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")])

    static let create = Operation(
        "createWebhook", .webhooks, "Send events to a URL",
        body: .json(WebhookSchemas.request, example: ["eventType": "course.completed", "webhookUrl": "https://your-app.example/webhook"]),
        answers: [
            .created("The webhook, with its secret: the only time that it is shown.", WebhookSchemas.created, example: created).versioned
                .leading(to: ["getWebhook", "changeWebhook", "rotateWebhookSecret", "testWebhook", "deleteWebhook"], id: "/id")
        ])

    static let subscribe = Operation(
        "subscribeWebhook", .webhooks, "Send several types of events to a URL, each with a filter of its own",
        description: "One webhook comes of it, so that a receiver gets an event once.",
        body: .json(
            WebhookSchemas.subscription,
            example: [
                "eventTypes": ["user.created", "course.completed"], "filters": ["course.completed": ["data.course.score": ["$gte": 90]]],
                "webhookUrl": "https://your-app.example/webhook",
            ]),
        answers: [
            .created("The webhook, with its secret: the only time that it is shown.", WebhookSchemas.created, example: created).versioned
                .leading(to: ["getWebhook", "deleteWebhook"], id: "/id")
        ])

    static let list = Operation(
        "listWebhooks", .webhooks, "Webhooks, newest first",
        parameters: .paging("webhooks(back)?", .id("whk")) + [
            .query("status", .choice(["active", "disabled", "paused"]), "Of this status."),
            .query("eventType", .filter, "Those that get events of this type."), .query("webhookUrl", .string(1...4096), "Those to this URL."),
        ],
        answers: [.pageBothWays("A page of webhooks.", of: WebhookSchemas.webhook, example: webhook)])

    static let show = Operation(
        "getWebhook", .webhooks, "A webhook", parameters: .ifNoneMatch,
        answers: [.ok("The webhook.", WebhookSchemas.webhook, example: webhook).versioned, .notModified])

    static let change = Operation(
        "changeWebhook", .webhooks, "Change a webhook",
        description: """
            A merge patch (RFC 7396): members that are left out stay, a null takes one away. A filter is replaced as a whole. Deliveries go by it within \
            a second.
            """,
        parameters: .ifMatch, body: .json(WebhookSchemas.change, example: ["description": "Results", "filter": .null, "headers": ["x-team": "b"]]),
        answers: [.ok("The webhook as it is now.", WebhookSchemas.webhook, example: webhook).versioned],
        problems: [.versionConflict(4), .orderKeyMissing])

    static let delete = Operation(
        "deleteWebhook", .webhooks, "Delete a webhook",
        description: "What waits for it is cancelled when its turn comes.", answers: [.noContent("Deleted.")])
}

extension Operation.Answer {
    /// A page of a list that can be walked both ways.
    static func pageBothWays(_ description: String, of schema: Schema, example: JSON) -> Self {
        let cursor = Schema.string().orNull
        return Self(
            status: .ok, description: description,
            schema: .object(
                nil,
                [
                    .required("data", .array(schema)), .required("nextCursor", cursor.described("What asks for the next page; null on the last one.")),
                    .required("previousCursor", cursor.described("What asks for the page before; null on the first one.")),
                ]),
            example: ["data": [example], "nextCursor": .null, "previousCursor": .null],
            headers: [("Link", "Where the next page is, and the one before (RFC 8288); absent where there is none.", .string())])
    }
}
