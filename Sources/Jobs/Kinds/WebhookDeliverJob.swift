import Foundation
import HTTPDelivery
import Identity
import Ledger
package import Primitives
package import Queue

/// Delivers one event to one endpoint, signed by Standard Webhooks. What an answer means is `DeliveryVerdict`'s; a failure is tried again by the
/// endpoint's schedule, or by the standard's, which takes a little over three days.
package struct WebhookDeliverJob: Job {
    package static let kind = "webhook.deliver"
    package static let queue = "webhooks"
    package static let maxAttempts = 10
    package static let isPublic = false
    /// The standard's example schedule; its first attempt is immediate.
    package static let retry = schedule(seconds: [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600])
    /// Jitter keeps the retries of one outage from coming back as one wave.
    static func schedule(seconds: [Int32]) -> RetryPolicy { .schedule(seconds.map { .seconds($0) }, jitter: 0.2) }
    /// Above the longest timeout that an endpoint may have for a request, which names the phase that was slow.
    package static let deadline = Duration.seconds(35)
    private static let recheck = Duration.seconds(60)

    package var endpointId: EndpointID
    /// The body as published, to the byte.
    package var body: String
    package var isReplay = false
    /// The first delivery of the event to the endpoint, when this is not the first: receivers know the message by its id.
    package var firstId: DeliveryID?
    /// Instead of the endpoint's own.
    package var url: String?
    /// Before the endpoint's own of the same names, which are in small letters. Their values rest sealed (`DeliveryEdit`).
    package var headers: [String: String] = [:]

    enum CodingKeys: CodingKey { case endpointId, body, isReplay, firstId, url, headers }

    package init(endpointId: EndpointID, body: String) {
        self.endpointId = endpointId
        self.body = body
    }

    package func perform(_ context: JobContext) async throws -> Outcome {
        let waited = context.job.wait
        let found: EndpointDirectory.Entry?
        do {
            found = try await context.services.endpoints.endpoint(endpointId, workspace: context.job.workspace)
        } catch Sealer.Failure.unknownKey {
            // A worker with another VOICERA_SECRET_KEY: no fault of the delivery's.
            return .snoozed(Self.recheck, reason: "the endpoint's secret is sealed under a key that this worker does not have")
        }
        guard let endpoint = found else { return .cancelled(reason: "the endpoint was deleted") }
        // The lane is held meanwhile; what was claimed before it was waits as well. What goes to another URL is no matter of the endpoint's.
        guard endpoint.status == "active" || url != nil else { return .snoozed(Self.recheck, reason: "the endpoint is \(endpoint.status)") }

        var opened = self
        do {
            for (name, value) in headers { opened.headers[name] = try context.services.endpoints.opened(value, header: name, workspace: context.job.workspace) }
        } catch Sealer.Failure.unknownKey {
            return .snoozed(Self.recheck, reason: "a header of the delivery is sealed under a key that this worker does not have")
        }
        var random = SystemRandomNumberGenerator()
        let standing = DeliveryVerdict.Standing(context.job, schedule: endpoint.retry)
        let verdict: DeliveryVerdict
        let record: AttemptRecord
        var certificateExpiresAt: Int64?
        do {
            let response = try await context.services.delivery.send(try opened.request(to: endpoint, in: context))
            context.services.deliveries.answered(response)
            certificateExpiresAt = response.certificate?.expiresAt
            verdict = .of(DeliveryVerdict.Answer(response, now: .now), standing, using: &random)
            record = AttemptRecord(
                httpStatus: Int32(response.status),
                details: AttemptDetails.of(response, verdict, sent: body.utf8.count, waited: waited, url: url))
        } catch {
            context.services.deliveries.failed(error)
            verdict = .of(.error(error.code, error.detail), standing, using: &random)
            record = AttemptRecord(details: AttemptDetails.of(error, verdict, sent: body.utf8.count, waited: waited, url: url))
        }
        try await tell(verdict, certificateExpiresAt: certificateExpiresAt, context)
        return verdict.outcome(record)
    }

    /// What the attempt means for the endpoint; nothing, where the message went to another URL: that one is given its rest in the replay's own lane.
    private func tell(_ verdict: DeliveryVerdict, certificateExpiresAt: Int64?, _ context: JobContext) async throws {
        let (guardian, workspace, lane) = (context.services.guardian, context.job.workspace, context.job.lane)
        guard url == nil else {
            // A single one in the endpoint's lane must not hold up the endpoint.
            guard let hold = verdict.hold, lane != endpointId.description else { return }
            return try await guardian.hold(endpointId, workspace: workspace, lane: lane, for: hold.wait, reason: hold.reason)
        }
        guardian.note(DeliveryNote(endpoint: endpointId, workspace: workspace, answer: verdict.note, certificateExpiresAt: certificateExpiresAt))
        if let reason = verdict.disables {
            do {
                try await guardian.disable(endpointId, workspace: workspace, reason: reason)
                context.services.endpoints.forget(endpointId, workspace: workspace)
            } catch where verdict.ending == .succeeded {
                // What was delivered stays delivered; the receiver says so again with the next one.
            }
        }
        // Nor is the attempt undone because nobody could be told: the next answer holds the lane.
        if let hold = verdict.hold { try? await guardian.hold(endpointId, workspace: workspace, for: hold.wait, reason: hold.reason) }
    }
}

extension DeliveryVerdict.Standing {
    init(_ job: RunnableJob, schedule: RetryPolicy) {
        self.init(failures: Int(job.failures), maxAttempts: Int(job.maxAttempts), schedule: schedule, age: .microseconds(job.age ?? 0))
    }
}

extension DeliveryVerdict.Answer {
    init(_ response: DeliveryResponse, now: Date) {
        // Looked for only where it means something.
        let isSuccess = (200..<300).contains(response.status)
        self = .status(
            response.status, retryAfter: isSuccess ? nil : response.header("retry-after").flatMap { RetryAfter.delay($0, now: now) },
            orders: ReceiverOrders(header: response.header("webhook-delivery")))
    }
}
