import Ledger
import Primitives

/// Events about the workspace's own webhooks. They go to endpoints that name their type, never to the one that they are about.
package enum OperationalEvent: String, Sendable, CaseIterable {
    case endpointDisabled = "endpoint.disabled"
    case endpointWarning = "endpoint.warning"
    case certificateExpiring = "endpoint.certificate_expiring"
    case deliveryExhausted = "delivery.exhausted"
    case deliveryRecovered = "delivery.recovered"

    package static let alert = "system.alert"
    /// A delivery of one of these that is given up is not told of: each would breed the next.
    package static let untold = allCases.map(\.rawValue) + [alert]

    static func disabled(_ endpoint: EndpointID, at now: Int64, reason: EndpointGuard.Reason, message: String, failingSince: Int64?) -> Publisher.Happening {
        var data = Members(endpoint)
        data.add("reason", reason.rawValue)
        data.add("message", message)
        data.add("failingSince", time: failingSince)
        data.add("disabledAt", time: now)
        return .about(endpoint, .endpointDisabled, at: now, data)
    }

    static func warning(_ health: EndpointHealth, percent: Int16, disableAt: Int64) -> Publisher.Happening {
        var data = Members(health.endpoint)
        data.add("percent", number: Int64(percent))
        data.add("failures", number: Int64(health.failuresSinceSuccess))
        data.add("failingSince", time: health.failingSince)
        data.add("lastSuccessAt", time: health.lastSuccessAt)
        data.add("disableAt", time: disableAt)
        return .about(health.endpoint, .endpointWarning, at: health.now, data)
    }

    static func certificate(_ endpoint: EndpointID, at now: Int64, expiresAt: Int64) -> Publisher.Happening {
        var data = Members(endpoint)
        data.add("expiresAt", time: expiresAt)
        return .about(endpoint, .certificateExpiring, at: now, data)
    }

    static func recovered(_ health: EndpointHealth) -> Publisher.Happening {
        var data = Members(health.endpoint)
        data.add("recoveredAt", time: health.lastSuccessAt)
        return .about(health.endpoint, .deliveryRecovered, at: health.now, data)
    }

    static func exhausted(_ delivery: ExhaustedDelivery) -> Publisher.Happening {
        var inner = Members()
        inner.add("id", DeliveryID(delivery.job.value).description)
        inner.add("event", delivery.eventType)
        inner.add("eventId", delivery.eventKey)
        inner.add("attempts", number: Int64(delivery.attempts))
        if let error = delivery.errorClass { inner.add("errorClass", error) }
        if let message = delivery.errorMessage { inner.add("message", message) }
        var data = Members(delivery.endpoint)
        data.add("delivery", json: inner.text)
        return .about(delivery.endpoint, .deliveryExhausted, at: delivery.at, data)
    }

    /// For a person.
    static func alert(_ endpoint: EndpointID, at now: Int64, message: String) -> Publisher.Happening {
        var resource = Members()
        resource.add("type", "webhook")
        resource.add("id", endpoint.description)
        var data = Members()
        data.add("code", "endpoint_disabled")
        data.add("severity", "warning")
        data.add("message", message)
        data.add("resource", json: resource.text)
        var happening = Publisher.Happening(type: alert, at: now, data: data.text)
        happening.about = endpoint
        return happening
    }

    /// A JSON object in the making.
    struct Members {
        private var body = ""

        init() {}

        init(_ endpoint: EndpointID) { add("endpoint", json: "{\"id\":\"\(endpoint)\"}") }

        var text: String { "{\(body)}" }

        mutating func add(_ name: String, json: String) { body += (body.isEmpty ? "" : ",") + "\"\(name)\":" + json }
        mutating func add(_ name: String, number: Int64) { add(name, json: String(number)) }
        mutating func add(_ name: String, time: Int64?) {
            if let time { add(name, RFC3339.wholeSeconds(time)) }
        }

        mutating func add(_ name: String, _ value: String) {
            var json = ""
            JSONText.append(value, to: &json)
            add(name, json: json)
        }
    }
}

extension Publisher.Happening {
    fileprivate static func about(_ endpoint: EndpointID, _ type: OperationalEvent, at now: Int64, _ data: OperationalEvent.Members) -> Self {
        var happening = Publisher.Happening(type: type.rawValue, at: now, data: data.text)
        happening.about = endpoint
        happening.isAskedFor = true
        return happening
    }
}
