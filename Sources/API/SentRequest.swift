import Jobs
import Ledger
import Primitives

/// What a delivery sends, as far as it is the same on every attempt and no secret.
struct SentRequest {
    private let delivery: DeliverySummary
    private let endpoint: EndpointRow?
    /// Nil for a payload that somebody has made unreadable.
    private let job: WebhookDeliverJob?

    /// - Parameter endpoint: nil when it was deleted.
    init(_ found: DeliveryTable.Found, endpoint: EndpointRow?) {
        delivery = found.delivery
        self.endpoint = endpoint
        job = try? WebhookDeliverJob.decode(found.payload)
    }

    var json: JSON {
        let headers = WebhookDeliverJob.steadyHeaders(id: job?.firstId ?? delivery.id, isReplay: job?.isReplay ?? false)
        return [
            "method": "POST", "url": .optional(job?.url ?? endpoint?.profile.url),
            "headers": .array(headers.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "body": .optional(job?.body),
        ]
    }
}
