import Ledger
import Primitives

enum WebhookSecretOperations {
    static let rotate = Operation(
        "rotateWebhookSecret", .webhooks, "Give a webhook a new secret",
        description: """
            The old ones go on signing beside it for the overlap, so that every delivery verifies with each of them; ten are live at most.
            """,
        parameters: .ifMatch,
        body: .json(
            .object(
                "SecretRotation",
                [
                    .optional(
                        "secret",
                        Schema.string(pattern: "^whsec_([A-Za-z0-9+/]{4}){8,21}$").orNull
                            .described("`whsec_` and the base64 of 24 to 64 bytes; a random one when left out.")),
                    .optional("overlapSeconds", .integer(0...604_800).orNull.described("A day when left out; 0 ends the old ones at once.")),
                ], open: false), example: ["overlapSeconds": 86_400], optional: true),
        answers: [
            .ok("The webhook, with the new secret: the only time that it is shown.", WebhookSchemas.created, example: WebhookOperations.created).versioned
        ], problems: [.versionConflict(4), .tooManySecrets, .secretInUse, .secretOfAnotherScheme])

    static let keys = Operation(
        "getWebhookKeys", .webhooks, "The public keys of a webhook that is signed with `v1a`",
        description: "A JSON Web Key Set (RFC 7517), for receivers: open to everybody.",
        answers: [
            .ok(
                "The keys that sign at present.", WebhookKeySchemas.keys,
                example: [
                    "keys": [
                        [
                            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "1SiA4o9hyqTCpIqC",
                            "x": "1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4", "publicKey": "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
                        ]
                    ]
                ])
        ])
}

enum WebhookTestOperations {
    static let test = Operation(
        "testWebhook", .webhooks, "Send a webhook a sample of an event",
        description: "A real delivery: signed, retried and recorded like any other, to this webhook alone, whatever it wants.",
        body: .json(
            .object("WebhookTest", [.optional("eventType", EventSchemas.name.orNull.described("The webhook's first when left out."))], open: false),
            example: ["eventType": "course.completed"], optional: true),
        answers: [
            .accepted(
                "It will be delivered.",
                .object(
                    "WebhookTestReceipt",
                    [
                        .required("deliveryId", .id(Primitives.Delivery.self)), .required("jobId", .id(JobRow.self)), .required("eventType", .string()),
                        .required("status", .choice(["pending"])), .required("links", .links),
                    ]),
                example: [
                    "deliveryId": "dlv_01jd2n8w5tq3v9k7x4m6b0c1yz", "jobId": .string(Examples.job), "eventType": "course.completed", "status": "pending",
                    "links": ["job": "/api/jobs/job_01jd2n8w5tq3v9k7x4m6b0c1yz"],
                ])
        ], problems: [.webhookDisabled])

    static let verify = Operation(
        "verifyWebhook", .webhooks, "Ask a webhook's receiver to echo a challenge",
        description: """
            For webhooks made with `ownershipChallenge`. The receiver gets `{"event":"webhook.challenge","challenge":"…"}`, signed, and answers 2xx with \
            the challenge, bare or as `{"challenge":"…"}`. Then the webhook is active.
            """,
        body: .empty,
        answers: [
            .accepted(
                "The receiver will be asked.",
                .object(
                    "WebhookVerification", [.required("jobId", .id(JobRow.self)), .required("status", .choice(["pending"])), .required("links", .links)]),
                example: ["jobId": .string(Examples.job), "status": "pending", "links": Examples.links])
        ], problems: [.nothingToVerify])
}
