enum WebhookOperations {
    private static let members: [(String, JSON)] = [
        ("id", .string(Examples.webhook)), ("status", "active"), ("eventTypes", ["course.completed"]),
        ("webhookUrl", "https://your-app.example/webhook"), ("description", ""), ("createdAt", Examples.time), ("updatedAt", Examples.time),
    ]

    static let create = Operation(
        "createWebhook", .webhooks, "Send events to a URL",
        body: .json(WebhookSchemas.request, example: ["eventType": "course.completed", "webhookUrl": "https://your-app.example/webhook"]),
        answers: [
            .created(
                "The webhook, with its secret: the only time that it is shown.", WebhookSchemas.created,
                example: .object(members + [("secret", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")])
            ).leading(to: ["getWebhook", "deleteWebhook"], id: "/id")
        ])

    static let list = Operation(
        "listWebhooks", .webhooks, "Webhooks, newest first", parameters: .paging("webhooks", .id("whk")),
        answers: [.page("A page of webhooks.", of: WebhookSchemas.webhook, example: .object(members))])

    static let show = Operation(
        "getWebhook", .webhooks, "A webhook", answers: [.ok("The webhook.", WebhookSchemas.webhook, example: .object(members))])

    static let delete = Operation(
        "deleteWebhook", .webhooks, "Delete a webhook",
        description: "What waits for it is cancelled when its turn comes.", answers: [.noContent("Deleted.")])
}
