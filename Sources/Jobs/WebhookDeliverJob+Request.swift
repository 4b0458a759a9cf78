import Foundation
import HTTPDelivery
import Ledger
package import Primitives

/// The request of an attempt.
extension WebhookDeliverJob {
    static let userAgent = "Voicera-Webhooks/1"

    /// Headers of ours, as every attempt has them beside those of the attempt alone. They win over the endpoint's.
    /// - Parameter id: of the delivery.
    package static func steadyHeaders(id: DeliveryID, isReplay: Bool) -> [(name: String, value: String)] {
        var headers = [(name: "content-type", value: "application/json"), (name: "user-agent", value: userAgent), (name: "webhook-id", value: id.description)]
        if isReplay { headers.append((name: "webhook-replay", value: "true")) }
        return headers
    }

    func request(to endpoint: EndpointDirectory.Entry, in context: JobContext) throws(DeliveryError) -> DeliveryRequest {
        // The same on every attempt, and for every delivery of the event to the endpoint.
        let id = firstId ?? DeliveryID(context.job.id.value)
        let bytes = Array(body.utf8)
        let timestamp = String(Int64(Date.now.timeIntervalSince1970))
        var headers = Self.steadyHeaders(id: id, isReplay: isReplay)
        headers.append((name: "webhook-timestamp", value: timestamp))
        headers.append((name: "webhook-signature", value: endpoint.signer.signature(id: id.description, timestamp: timestamp, body: bytes)))
        if let version = endpoint.apiVersion { headers.append((name: "webhook-api-version", value: version)) }
        headers.append((name: "webhook-attempt", value: String(context.job.attempt)))
        if let span = context.job.span {
            headers.append((name: "traceparent", value: span.traceparent))
            if !span.state.isEmpty { headers.append((name: "tracestate", value: span.state)) }
        }
        // The endpoint's are its receiver's secrets, and for nobody at another URL.
        let others = url == nil ? endpoint.headers.map { (name: $0.name, value: $0.value.exposed) } : []
        if !others.isEmpty || !self.headers.isEmpty { add(others, to: &headers) }
        let target = if let url { try context.services.endpoints.target(url) } else { try endpoint.target.get() }
        var request = DeliveryRequest(url: target, headers: headers, body: bytes)
        request.timeout = endpoint.timeout
        return request
    }

    /// Ours first, then the message's own, then the endpoint's: of each name the first one stands.
    private func add(_ others: [(name: String, value: String)], to headers: inout [(name: String, value: String)]) {
        var taken = Set(headers.map(\.name))
        for (name, value) in self.headers.sorted(by: { $0.key < $1.key }).map({ (name: $0.key, value: $0.value) }) + others
        where taken.insert(name.lowercased()).inserted {
            headers.append((name: name, value: value))
        }
    }
}
