import Foundation
import HTTPDelivery
import Identity
import Ledger
package import Primitives
package import Queue

/// Delivers one event to one endpoint, signed by Standard Webhooks. A 2xx answer is success; everything else is tried again by the
/// standard's schedule, for a little over three days.
package struct WebhookDeliverJob: Job {
    package static let kind = "webhook.deliver"
    package static let queue = "webhooks"
    package static let maxAttempts = 10
    package static let isPublic = false
    /// The standard's example schedule; its first attempt is immediate. Jitter keeps the retries of one outage from coming back as one wave.
    package static let retry = RetryPolicy.schedule(
        [
            .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3600), .seconds(5 * 3600), .seconds(10 * 3600), .seconds(14 * 3600),
            .seconds(20 * 3600), .seconds(24 * 3600),
        ], jitter: 0.2)
    /// Above the request's own total timeout, which names the phase that was slow.
    package static let deadline = Duration.seconds(20)
    private static let timeout = Duration.seconds(15)
    private static let pausedRecheck = Duration.seconds(60)

    package var endpointId: EndpointID
    /// The body as published, to the byte.
    package var body: String
    package var isReplay = false
    /// The first delivery of the event to the endpoint, when this is not the first: receivers know the message by its id.
    package var firstId: DeliveryID?
    /// Instead of the endpoint's own.
    package var url: String?
    /// Before the endpoint's own of the same names, which are in small letters.
    package var headers: [String: String] = [:]

    enum CodingKeys: CodingKey { case endpointId, body, isReplay, firstId, url, headers }

    package init(endpointId: EndpointID, body: String) {
        self.endpointId = endpointId
        self.body = body
    }

    package func perform(_ context: JobContext) async throws -> Outcome {
        let found: EndpointDirectory.Entry?
        do {
            found = try await context.services.endpoints.endpoint(endpointId, workspace: context.job.workspace)
        } catch Sealer.Failure.unknownKey {
            // A worker with another VOICERA_SECRET_KEY: no fault of the delivery's.
            return .snoozed(Self.pausedRecheck, reason: "the endpoint's secret is sealed under a key that this worker does not have")
        }
        guard let endpoint = found else { return .cancelled(reason: "the endpoint was deleted") }
        switch endpoint.status {
        case "active": break
        case "paused": return .snoozed(Self.pausedRecheck, reason: "the endpoint is paused")
        default: return .cancelled(reason: "the endpoint is disabled")
        }
        let delivery = DeliveryID(context.job.id.value).description
        let body = Array(body.utf8)
        let timestamp = String(Int64(Date.now.timeIntervalSince1970))
        var headers = [
            (name: "content-type", value: "application/json"),
            (name: "user-agent", value: "Voicera-Webhooks/1"),
            (name: "webhook-id", value: delivery),
            (name: "webhook-timestamp", value: timestamp),
            (name: "webhook-signature", value: endpoint.signer.signature(id: delivery, timestamp: timestamp, body: body)),
            (name: "webhook-attempt", value: String(context.job.attempt)),
        ]
        if let span = context.job.span {
            headers.append((name: "traceparent", value: span.traceparent))
            if !span.state.isEmpty { headers.append((name: "tracestate", value: span.state)) }
        }
        do {
            var request = DeliveryRequest(url: try endpoint.target.get(), headers: headers, body: body)
            request.timeout = Self.timeout
            let response = try await context.services.delivery.send(request)
            context.services.deliveries.answered(response)
            return DeliveryVerdict.outcome(of: response)
        } catch {
            context.services.deliveries.failed(error)
            return DeliveryVerdict.outcome(of: error)
        }
    }
}
