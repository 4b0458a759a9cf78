import Ledger
import Primitives

enum DeliverySchemas {
    private static let members: [Schema.Member] = [
        .required("id", .id(Primitives.Delivery.self)), .required("webhookId", .id(Endpoint.self)),
        .required("eventId", .string().orNull.described("Null when the event is not kept any more.")), .required("event", .string().orNull),
        .required("jobId", .id(JobRow.self)),
        .required("messageId", .id(Primitives.Delivery.self).described("What receivers get as `webhook-id`: the first delivery of the event to the webhook.")),
        .required("isReplay", .boolean), .required("status", .choice(JobState.self)),
        .required("attempt", .integer(1...(.max)).described("That runs or comes next.")), .required("failures", .integer(0...(.max))),
        .required("maxAttempts", .integer(1...(.max))), .required("errorClass", .string().orNull), .required("errorMessage", .string().orNull),
        .required("createdAt", .time), .required("settledAt", .time.orNull), .required("links", .links),
    ]

    static let summary = Schema.object("DeliverySummary", members)
    static let detail = Schema.object(
        "DeliveryDetail",
        members + [
            .required(
                "nextAttempt",
                .anyOf([.object(nil, [.required("at", .time.orNull), .required("why", .string().orNull)]), .null]).described(
                    "When it is due, unless its lane makes it wait longer; null when the delivery has ended.")),
            .required("traceparent", .string().orNull), .required("request", request), .required("attempts", .array(attempt)),
        ])

    private static let headers = Schema.array(.object(nil, [.required("name", .string().orNull), .required("value", .string().orNull)]))
    private static let request = Schema.object(
        nil,
        [
            .required("method", .string()), .required("url", .string().orNull),
            .required("headers", headers.described("Those that are the same on every attempt. Secret ones are masked.")),
            .required("body", .string().orNull.described("As it is sent, to the byte.")),
        ])

    private static let time = Schema.integer(0...(.max))
    private static let timings = Schema.object(
        nil,
        ["queueWait", "nameLookup", "connect", "tls", "firstByte", "total"].map { .optional($0, time) }
    ).described(
        "Microseconds. `queueWait` from when the attempt was due until it began; the others are the ends of the phases, from the beginning; 0 for a phase that did not happen.")

    private static let attempt = Schema.object(
        "DeliveryAttempt",
        [
            .required("attempt", .integer(1...(.max)).orNull), .required("at", .time.described("When it had ended.")),
            .required("outcome", .string().described("`succeeded`, `retried`, `dead`, `cancelled`, `lost` with its worker, or `snoozed`: answered, and not spent.")),
            .required("httpStatus", .integer().orNull),
            .required("errorClass", .string().orNull.described("Such as `http_status`, `redirect_refused`, `timeout`, `tls_error`, `address_refused`.")),
            .required("errorMessage", .string().orNull), .required("durationMicroseconds", time.orNull), .required("timings", .anyOf([timings, .null])),
            .required("phase", .string().orNull.described("How far an attempt without an answer came.")),
            .required("httpVersion", .string().orNull), .required("tlsVersion", .string().orNull),
            .required("certificateExpiresAt", .time.orNull.described("Of the receiver's certificate, when the attempt opened a TLS connection.")),
            .required("reusedConnection", .boolean.orNull),
            .required("url", .string().orNull.described("Where it went instead of the webhook's own URL.")),
            .required("requestBytes", time.orNull), .required("response", .anyOf([response, .null])), .required("next", .anyOf([next, .null])),
        ])

    private static let response = Schema.object(
        nil,
        [
            .required("bytes", time.described("That were read of the body, 16 KiB at most.")), .required("isTruncated", .boolean),
            .required("headers", headers.described("Of an answer that was no success.")), .required("body", .string().orNull),
        ])

    private static let next = Schema.object(
        nil,
        [
            .required(
                "why",
                .string().orNull.described(
                    """
                    What decided: `schedule`, `retry_after`, `lane_held`, `local_limit`; of one that is not tried again `exhausted`, `endpoint_gone`, \
                    `disabled_by_receiver` or `aborted_by_receiver`.
                    """)),
            .required("at", .time.orNull), .required("laneHeldMicroseconds", time.orNull.described("For how long nothing else is sent to the webhook.")),
        ])

    static let receipt = Schema.object(
        "RedeliveryReceipt",
        [
            .required("deliveryId", .id(Primitives.Delivery.self)), .required("jobId", .id(JobRow.self)), .required("webhookId", .id(Endpoint.self)),
            .required("messageId", .id(Primitives.Delivery.self)), .required("status", .choice(["pending"])), .required("links", .links),
        ])

    static let stats = Schema.object(
        "WebhookStats",
        [
            .required("webhookId", .id(Endpoint.self)), .required("window", .choice(StatsWindow.self)), .required("from", .time), .required("to", .time),
            .required(
                "isComplete",
                .boolean.described("False when the window has more than \(EndpointStats.mostAttempts) attempts: then the newest are told of, those since `from`.")),
            .required("attempts", time), .required("succeeded", time), .required("failed", time),
            .required("exhausted", time.described("Deliveries that were given up.")), .required("successRate", .number.orNull),
            .required("durationMicroseconds", .anyOf([.object(nil, ["p50", "p95", "p99"].map { .required($0, time) }), .null])),
            .required("lastSuccessAt", .time.orNull), .required("lastFailureAt", .time.orNull),
            .required("waiting", time.described("Deliveries in the lane, \(EndpointStats.mostWaiting) at most; those that wait for their next attempt are not among them.")),
            .required("oldestDueAt", .time.orNull), .required("pastDueSeconds", time.orNull.described("How long the oldest of them has been due.")),
        ])
}
