import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives
import Queue

/// Events that are published to webhooks.
struct EventRoutes: Sendable {
    let services: APIServices

    private static let list = "events"
    private static let longestKey = 128

    var all: [Route] {
        [
            Route(.post, "/api/events", EventOperations.publish, .eventsWrite, handler: publish),
            Route(.get, "/api/events", EventOperations.list, .eventsRead, .eventsWrite, .webhooksRead, handler: index),
            Route(.get, "/api/events/{id}", EventOperations.show, .eventsRead, .eventsWrite, .webhooksRead, handler: show),
        ]
    }

    private var table: EventTable { EventTable(pool: services.pool) }

    private func publish(_ call: Call) async throws -> Response {
        if services.feed.settings(of: WebhookDeliverJob.queue).isDraining { throw Problem.draining(WebhookDeliverJob.queue) }
        let (json, claim) = try await call.body()
        var fields = Fields(json)
        let type = fields.text("event", required: true, longest: EventName.longest)
        if let type, !EventName.isValid(type) { fields.refuse("event", EventName.rule) }
        let data = fields.object("data", required: true)
        let key = fields.text("eventId", longest: Self.longestKey)
        if let key, !Self.isKey(key) { fields.refuse("eventId", "must be letters, digits, underscores and hyphens") }
        let timestamp = fields.text("timestamp", longest: 64)
        if let timestamp, RFC3339.parse(timestamp) == nil { fields.refuse("timestamp", "must be an RFC 3339 time, such as 2024-01-15T10:30:00Z") }
        let metadata = fields.contains("metadata") ? fields.metadata() : nil
        try fields.finish()
        guard let type, let data else { throw Problem.invalid(fields.faults) }
        guard data.byteCount <= BodyLimit.payload else { throw Problem.tooLarge("event's data", limit: BodyLimit.payload, pointer: "/data") }
        let faults = try await services.eventTypes.faults(of: data, type: type, workspace: call.workspace)
        if !faults.isEmpty { throw Problem.notOfItsType(faults) }

        switch try await services.publisher.publish(
            workspace: call.workspace, type: type, key: key, timestamp: timestamp, data: data.text, metadata: metadata, trace: call.trace,
            claim: claim)
        {
        case .done(let event): return Self.accepted(key: event.key, deliveries: event.deliveries)
        case .replayed(let answer):
            // `key deliveries`, as the writer stored it.
            let parts = answer.split(separator: " ")
            guard parts.count == 2, let deliveries = Int(parts[1]) else { throw Problem.idempotencyInProgress }
            return Self.accepted(key: String(parts[0]), deliveries: deliveries).replayed(true)
        case .mismatch: throw Problem.idempotencyMismatch
        case .inProgress: throw Problem.idempotencyInProgress
        }
    }

    private static func accepted(key: String, deliveries: Int) -> Response {
        Response(.accepted, ["eventId": .string(key), "deliveries": .int(deliveries), "links": ["self": .string("/api/events/\(key)")]])
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before, type) = (query.limit(), query.cursor(of: Self.list, as: EventID.self), query.text("event"))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, type: type, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) { row in
            [
                "eventId": .string(row.key), "event": .string(row.type), "deliveryCount": .int(row.deliveries), "createdAt": .time(row.createdAt),
            ]
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let key = call.context.parameters.get("id"), Self.isKey(key), let found = try await table.find(key: key, workspace: call.workspace)
        else { throw Problem.notFound("event") }
        let body = try found.body.map { try RawJSON.body(Array($0.utf8)) }
        return Response(
            .ok,
            [
                "eventId": .string(found.event.key), "event": .string(found.event.type), "timestamp": .raw(body?["timestamp"]?.text ?? "null"),
                "data": .raw(body?["data"]?.text ?? "null"), "metadata": found.metadata.map { .raw($0) } ?? .null, "createdAt": .time(found.event.createdAt),
                "deliveryCount": .int(found.event.deliveries), "deliveries": .array(found.deliveries.map(Self.json)),
            ])
    }

    private static func json(_ delivery: DeliveryRow) -> JSON {
        let job = JobID(delivery.id.value)
        return [
            "id": .text(delivery.id), "webhookId": .text(delivery.endpoint), "jobId": .text(job), "status": .string(delivery.state),
            "attempt": .int(delivery.attempt), "errorClass": .optional(delivery.errorClass), "createdAt": .time(delivery.createdAt),
            "settledAt": .optional(time: delivery.settledAt), "links": ["job": .string("/api/jobs/\(job)")],
        ]
    }

    private static func isKey(_ text: String) -> Bool {
        (1...longestKey).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension Problem {
    /// What fits depends on the types of the workspace, which the document does not show.
    static func notOfItsType(_ faults: [Fault]) -> Problem {
        Problem(status: .conflict, code: "event_not_of_its_type", detail: "The event is not what its type says.", faults: faults)
    }
}
