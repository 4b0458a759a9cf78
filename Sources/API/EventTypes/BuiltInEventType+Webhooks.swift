import Jobs
import Primitives

/// Events about webhooks themselves. They go to webhooks that name their type, `*` is not enough, and never to the one that they are about.
extension BuiltInEventType {
    static let endpointDisabled = BuiltInEventType(
        OperationalEvent.endpointDisabled.rawValue, "A webhook was disabled: no events are sent to it until it is enabled.",
        schema: .object(
            nil,
            [
                .required("endpoint", endpoint), .required("reason", .choice(["gone", "asked", "failing", "manual"])), .required("message", .string(1...500)),
                .optional("failingSince", moment), .required("disabledAt", moment),
            ]),
        example: [
            "endpoint": sample, "reason": "failing", "message": "Webhook whk_01jd2n8w5tq3v9k7x4m6b0c1yz is disabled: its attempts have failed for too long.",
            "failingSince": "2024-01-10T10:30:00Z", "disabledAt": "2024-01-15T10:30:00Z",
        ])

    static let endpointWarning = BuiltInEventType(
        OperationalEvent.endpointWarning.rawValue, "A webhook has been failing for a good part of the time after which it is disabled.",
        schema: .object(
            nil,
            [
                .required("endpoint", endpoint), .required("percent", .integer(1...100)), .required("failures", .integer(0...Int64.max)),
                .required("failingSince", moment), .optional("lastSuccessAt", moment), .required("disableAt", moment),
            ]),
        example: [
            "endpoint": sample, "percent": 50, "failures": 42, "failingSince": "2024-01-13T10:30:00Z", "lastSuccessAt": "2024-01-13T10:29:00Z",
            "disableAt": "2024-01-18T10:30:00Z",
        ])

    static let certificateExpiring = BuiltInEventType(
        OperationalEvent.certificateExpiring.rawValue, "The certificate of a webhook's receiver is about to expire.",
        schema: .object(nil, [.required("endpoint", endpoint), .required("expiresAt", moment)]),
        example: ["endpoint": sample, "expiresAt": "2024-01-29T10:30:00Z"])

    static let deliveryExhausted = BuiltInEventType(
        OperationalEvent.deliveryExhausted.rawValue, "A delivery was given up: it is a dead letter, and can be replayed.",
        schema: .object(nil, [.required("endpoint", endpoint), .required("delivery", delivery)]),
        example: [
            "endpoint": sample,
            "delivery": [
                "id": "dlv_01jd2n8w5tq3v9k7x4m6b0c1yz", "event": "course.completed", "eventId": .string(Examples.event), "attempts": 10,
                "errorClass": "http_status", "message": "the receiver answered 500",
            ],
        ])

    static let deliveryRecovered = BuiltInEventType(
        OperationalEvent.deliveryRecovered.rawValue, "A webhook that was warned of, or whose deliveries were given up, takes events again.",
        schema: .object(nil, [.required("endpoint", endpoint), .required("recoveredAt", moment)]),
        example: ["endpoint": sample, "recoveredAt": "2024-01-15T10:30:00Z"])

    private static let sample: JSON = ["id": .string(Examples.webhook)]
    private static let moment = Schema.string(20...40)
    private static let endpoint = Schema.object(nil, [.required("id", .string(1...255))])
    private static let delivery = Schema.object(
        nil,
        [
            .required("id", .string(1...255)), .required("event", .string(1...255)), .required("eventId", .string(1...255)),
            .required("attempts", .integer(1...Int64(Int32.max))), .optional("errorClass", .string(1...4000)), .optional("message", .string(0...4000)),
        ])
}
