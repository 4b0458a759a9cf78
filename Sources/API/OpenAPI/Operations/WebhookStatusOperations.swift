enum WebhookStatusOperations {
    private static let standing: JSON = [
        "id": .string(Examples.webhook), "status": "disabled", "disabledAt": Examples.time, "disabledReason": "failing",
        "health": [
            "circuit": "open", "circuitUntil": Examples.time, "failingSince": Examples.time, "failures": 137, "warning": 90,
            "lastSuccessAt": Examples.time, "lastFailureAt": Examples.time, "certificateExpiresAt": .null,
        ],
    ]
    private static let changed: [Operation.Answer] = [.ok("The webhook as it is now.", WebhookHealthSchemas.standing, example: standing)]
    private static let body = Operation.Body.json(.object(nil, [], open: false), example: .object([]), optional: true)

    static let health = Operation(
        "getWebhookHealth", .webhooks, "How a webhook has been answering",
        answers: [.ok("Whether it is sent events, and why not.", WebhookHealthSchemas.standing, example: standing)])

    static let enable = Operation(
        "enableWebhook", .webhooks, "Send events to a webhook again",
        description: "What has waited is sent, slowly at first. What happened while it was disabled made no deliveries.", body: body, answers: changed,
        problems: [.webhookUnverified])

    static let disable = Operation(
        "disableWebhook", .webhooks, "Send no more events to a webhook",
        description: "New events make no deliveries for it. Deliveries that wait go on waiting, without an attempt spent, until it is enabled.",
        body: body, answers: changed)

    static let pause = Operation(
        "pauseWebhook", .webhooks, "Pause a webhook", description: "As disabling does, but nobody is told of it.", body: body, answers: changed,
        problems: [.webhookDisabled])

    static let resume = Operation(
        "resumeWebhook", .webhooks, "Go on after a pause", body: body, answers: changed, problems: [.webhookDisabled])
}
