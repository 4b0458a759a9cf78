import Foundation
import HTTPDelivery
import Identity
package import Ledger
package import Primitives
package import Queue

/// Asks who owns a URL: the receiver is sent a challenge that only it sees, signed like an event, and has to echo it. Then the endpoint is active.
///
/// The challenge is `{"event":"webhook.challenge","challenge":"…"}`; the echo is a 2xx answer whose body is the challenge, or an object with it as
/// `challenge`.
package struct WebhookVerifyJob: Job {
    package static let kind = "webhook.verify"
    package static let queue = "webhooks"
    package static let maxAttempts = 3
    package static let isPublic = false
    package static let retry = RetryPolicy.schedule([.seconds(5), .seconds(60)], jitter: 0.2)
    package static let deadline = Duration.seconds(20)

    package var endpointId: EndpointID

    /// - Parameter lane: not the endpoint's own, which may be held.
    package static func job(_ id: JobID, endpoint: EndpointID, workspace: WorkspaceID, lane: String, trace: String?) -> NewJob {
        NewJob(
            id: id, workspace: workspace, kind: kind, queue: queue, lane: lane, payload: "{\"endpointId\":\"\(endpoint)\"}",
            maxAttempts: Int32(maxAttempts), trace: trace, payloadVersion: Int16(clamping: payloadVersion))
    }

    package func perform(_ context: JobContext) async throws -> Outcome {
        // The URL of a moment ago may be another one.
        context.services.endpoints.forget(endpointId, workspace: context.job.workspace)
        guard let endpoint = try await context.services.endpoints.endpoint(endpointId, workspace: context.job.workspace) else {
            return .cancelled(reason: "the endpoint was deleted")
        }
        let challenge = Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let id = DeliveryID(context.job.id.value).description
        let timestamp = String(WallClock.now / 1_000_000)
        let body = Array("{\"event\":\"webhook.challenge\",\"challenge\":\"\(challenge)\"}".utf8)
        // None of the endpoint's own: nobody knows yet whose URL it is, and some of them are secrets.
        let headers = [
            (name: "content-type", value: "application/json"), (name: "user-agent", value: "Voicera-Webhooks/1"), (name: "webhook-id", value: id),
            (name: "webhook-timestamp", value: timestamp),
            (name: "webhook-signature", value: endpoint.signer.signature(id: id, timestamp: timestamp, body: body)),
        ]
        do {
            let target = try endpoint.target.get()
            var request = DeliveryRequest(url: target, headers: headers, body: body)
            request.timeout = Self.longestAnswer
            let response = try await context.services.delivery.send(request)
            guard (200..<300).contains(response.status) else { return Self.failed("http_status", "the receiver answered \(response.status)") }
            guard Self.echoes(response.body, challenge) else { return Self.failed("challenge_not_echoed", "the receiver did not echo the challenge") }
            // Only for the URL that echoed: another one may have been set meanwhile.
            let isVerified = try await context.services.endpoints.verified(endpointId, workspace: context.job.workspace, url: target)
            return isVerified ? .succeeded() : .cancelled(reason: "the endpoint has another URL by now, or was verified")
        } catch let error as DeliveryError {
            return Self.failed(error.code.rawValue, error.detail)
        }
    }

    private static let longestAnswer = Duration.seconds(15)

    static func echoes(_ body: [UInt8], _ challenge: String) -> Bool {
        let text = String(decoding: body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text == challenge || (try? RawJSON(body))?["challenge"]?.string == challenge
    }

    private static func failed(_ code: String, _ message: String) -> Outcome { .failed(Failure(.transient(), code: code, message: message)) }
}
