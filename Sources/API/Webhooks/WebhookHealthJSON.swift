import Ledger
import Primitives

/// How an endpoint has been answering.
enum WebhookHealthJSON {
    /// - Parameter health: nil before its first answer.
    static func json(_ health: EndpointHealth?) -> JSON {
        [
            "circuit": .string((health?.circuit ?? .closed).rawValue), "circuitUntil": .optional(time: health?.circuit == .open ? health?.circuitUntil : nil),
            "failingSince": .optional(time: health?.failingSince), "failures": .int(health?.failuresSinceSuccess ?? 0),
            "warning": health.map { $0.warned > 0 ? .int($0.warned) : .null } ?? .null, "lastSuccessAt": .optional(time: health?.lastSuccessAt),
            "lastFailureAt": .optional(time: health?.lastFailureAt), "certificateExpiresAt": .optional(time: health?.certificateExpiresAt),
        ]
    }

    static func json(_ standing: EndpointStanding) -> JSON {
        [
            "id": .text(standing.endpoint), "status": .string(standing.status), "disabledAt": .optional(time: standing.disabledAt),
            "disabledReason": .optional(standing.disabledReason), "health": json(standing.health),
        ]
    }
}
