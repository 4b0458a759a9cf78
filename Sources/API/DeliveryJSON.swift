import Jobs
import Ledger
import Primitives

/// Deliveries and their attempts, as clients see them.
enum DeliveryJSON {
    static func summary(_ delivery: DeliverySummary) -> JSON { .object(members(delivery)) }

    /// - Parameter request: what is sent, without secrets.
    static func detail(_ found: DeliveryTable.Found, request: JSON) -> JSON {
        let attempts = found.attempts.map { attempt($0) }
        return .object(
            members(found.delivery) + [
                ("nextAttempt", nextAttempt(found)), ("traceparent", .optional(found.trace.flatMap { TraceContext(stored: $0) }?.traceparent)),
                ("request", request), ("attempts", .array(attempts)),
            ])
    }

    private static func members(_ delivery: DeliverySummary) -> [(String, JSON)] {
        let job = JobID(delivery.id.value)
        return [
            ("id", .text(delivery.id)), ("webhookId", .text(delivery.endpoint)), ("eventId", .optional(delivery.eventKey)),
            ("event", .optional(delivery.eventType)), ("jobId", .text(job)), ("messageId", .text(delivery.first ?? delivery.id)),
            ("isReplay", .bool(delivery.isReplay)), ("status", .string(delivery.state)), ("attempt", .int(delivery.attempt)),
            ("failures", .int(delivery.failures)), ("maxAttempts", .int(delivery.maxAttempts)), ("errorClass", .optional(delivery.errorClass)),
            ("errorMessage", .optional(delivery.errorMessage)), ("createdAt", .time(delivery.createdAt)),
            ("settledAt", .optional(time: delivery.settledAt)),
            ("links", ["self": .string("/api/deliveries/\(delivery.id)"), "job": .string("/api/jobs/\(job)"), "webhook": .string("/api/webhooks/\(delivery.endpoint)")]),
        ]
    }

    /// When the next one is due, and what decided that; null for a delivery that has ended. Its lane may make it wait longer.
    private static func nextAttempt(_ found: DeliveryTable.Found) -> JSON {
        guard found.delivery.state == JobState.pending.rawValue else { return .null }
        let last = found.attempts.last.flatMap { details(of: $0) }?["next"]
        return ["at": .optional(time: found.delivery.runAt), "why": .optional(last?["why"]?.string)]
    }

    private static func details(of row: LogRow) -> RawJSON? { row.details.flatMap { try? RawJSON(Array($0.utf8)) } }

    private static func attempt(_ row: LogRow) -> JSON {
        let details = details(of: row)
        func kept(_ name: String) -> JSON { details?[name].map { .raw($0.text) } ?? .null }
        return [
            "attempt": .optional(row.attempt), "at": .time(row.at), "outcome": .string(row.outcome), "httpStatus": .optional(row.status),
            "errorClass": .optional(row.errorClass), "errorMessage": .optional(row.message), "durationMicroseconds": .optional(row.duration),
            "timings": kept("timings"), "phase": kept("phase"), "httpVersion": kept("httpVersion"), "tlsVersion": kept("tlsVersion"),
            "certificateExpiresAt": kept("certificateExpiresAt"), "reusedConnection": kept("reusedConnection"), "url": kept("url"),
            "requestBytes": kept("requestBytes"), "response": response(details), "next": next(details?["next"], of: row),
        ]
    }

    /// Null when there was none.
    private static func response(_ details: RawJSON?) -> JSON {
        guard let details, let bytes = details["responseBytes"] else { return .null }
        let headers = (details["responseHeaders"]?.elements ?? []).map { line -> JSON in
            ["name": .optional(line.elements?.first?.string), "value": .optional(line.elements?.last?.string)]
        }
        return [
            "bytes": .raw(bytes.text), "isTruncated": .bool(details["responseTruncated"]?.boolean ?? false), "headers": .array(headers),
            "body": .optional(details["responseBody"]?.string),
        ]
    }

    private static func next(_ next: RawJSON?, of row: LogRow) -> JSON {
        guard let next else { return .null }
        return [
            "why": .optional(next["why"]?.string), "at": .optional(time: next["wait"]?.integer.map { row.at + $0 }),
            "laneHeldMicroseconds": .optional(next["laneHeld"]?.integer),
        ]
    }

    static func stats(_ stats: EndpointStats, of endpoint: EndpointID, window: StatsWindow) -> JSON {
        let decided = stats.succeeded + stats.failed
        return [
            "webhookId": .text(endpoint), "window": .string(window.rawValue), "from": .time(stats.from), "to": .time(stats.to),
            "isComplete": .bool(stats.isComplete), "attempts": .int(decided), "succeeded": .int(stats.succeeded), "failed": .int(stats.failed),
            "exhausted": .int(stats.exhausted), "successRate": .optional(number: decided == 0 ? nil : Double(stats.succeeded) / Double(decided)),
            "durationMicroseconds": stats.durations.map { ["p50": .int($0.p50), "p95": .int($0.p95), "p99": .int($0.p99)] } ?? .null,
            "lastSuccessAt": .optional(time: stats.lastSuccess), "lastFailureAt": .optional(time: stats.lastFailure), "waiting": .int(stats.waiting),
            "oldestDueAt": .optional(time: stats.oldestDue),
            "pastDueSeconds": .optional(stats.oldestDue.map { max(0, stats.to - $0) / 1_000_000 }),
        ]
    }
}

/// How far back statistics go.
enum StatsWindow: String, CaseIterable, Sendable {
    case hour = "1h"
    case sixHours = "6h"
    case day = "24h"
    case week = "7d"
    case month = "30d"

    var seconds: Int64 {
        switch self {
        case .hour: 3600
        case .sixHours: 6 * 3600
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 30 * 86_400
        }
    }
}
