import Primitives

enum EventSchemas {
    static let name = Schema.string(3...128, pattern: "^[a-z0-9_]+(\\.[a-z0-9_]+)+$")
    static let key = Schema.string(1...128, pattern: "^[A-Za-z0-9_-]+$")

    static let request = Schema.object(
        "EventRequest",
        [
            .required("event", name.described("Its type, such as `course.completed`.")),
            .required("data", .object(nil, []).described("What receivers get, to the byte. At most 256 KiB.")),
            .optional("eventId", key.orNull.described("The publisher's own id: one event for each, however often it is published.")),
            .optional("timestamp", .time.orNull.described("When it happened; now when left out.")),
            .optional(
                "metadata", Schema.object(nil, []).orNull.described("What webhooks' filters may ask for beside the data; no receiver gets it. At most 16 KiB.")),
        ])

    static let receipt = Schema.object(
        "EventReceipt",
        [
            .required("eventId", key), .required("deliveries", .integer(0...(.max)).described("Webhooks that it goes to.")), .required("links", .links),
        ])

    static let summary = Schema.object(
        "Event",
        [
            .required("eventId", key), .required("event", .string()), .required("deliveryCount", .integer(0...(.max))), .required("createdAt", .time),
        ])

    static let delivery = Schema.object(
        "Delivery",
        [
            .required("id", .id(Primitives.Delivery.self)), .required("webhookId", .id(Endpoint.self)), .required("jobId", .id(JobRow.self)),
            .required("status", .string()), .required("attempt", .integer()), .required("errorClass", .string().orNull),
            .required("createdAt", .time), .required("settledAt", .time.orNull), .required("links", .links),
        ])

    static let detail = Schema.object(
        "EventDetail",
        [
            .required("eventId", key), .required("event", .string()),
            .required("timestamp", .string().orNull.described("Null when what it said is not kept any more.")), .required("data", .any),
            .required("metadata", Schema(keywords: [("type", ["object", "null"])])),
            .required("createdAt", .time), .required("deliveryCount", .integer(0...(.max))), .required("deliveries", .array(delivery)),
        ])
}
