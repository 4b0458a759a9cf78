import Primitives

/// What we send to webhooks, for the document's `webhooks` section.
struct WebhookDocument: Sendable {
    let name: String
    let summary: String
    let data: Schema
    let example: JSON

    var schema: Schema {
        .object(
            nil,
            [
                .required("event", .choice([name])),
                .required("eventId", .string(1...128).described("The same on every attempt and at every endpoint.")),
                .required("timestamp", .time.described("When it happened.")),
                .required("data", data),
            ])
    }

    var json: JSON {
        [
            "post": [
                "operationId": .string("on" + name.split(separator: ".").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()),
                "tags": ["Webhooks"], "summary": .string(summary),
                "description": "Signed as Standard Webhooks has it. Anything but a 2xx within 15 seconds is tried again; a redirect is not followed.",
                "parameters": .array(Self.headers),
                "requestBody": ["required": true, "content": ["application/json": ["schema": schema.json, "example": payload]]],
                "responses": ["2XX": ["description": "Received."], "410": ["description": "No more of these, please."]],
                "security": [],
            ]
        ]
    }

    private var payload: JSON {
        [
            "event": .string(name), "eventId": "evt_01jd2n8w5tq3v9k7x4m6b0c1yz", "timestamp": "2024-01-15T10:30:00Z", "data": example,
        ]
    }

    private static let headers: [JSON] = [
        header("webhook-id", "Of the event at this endpoint, the same on every attempt."),
        header("webhook-timestamp", "Of the attempt, in seconds since 1970."),
        header("webhook-signature", "`v1,` and the base64 of an HMAC-SHA256 over `id.timestamp.body`; several, with spaces between, while a secret is rotated."),
    ]

    private static func header(_ name: String, _ description: String) -> JSON {
        ["name": .string(name), "in": "header", "required": true, "description": .string(description), "schema": ["type": "string"]]
    }

    static let all = BuiltInEventType.all.map { WebhookDocument(name: $0.name, summary: $0.description, data: $0.schema, example: $0.example) }
}
