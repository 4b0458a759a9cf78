import HTTPDelivery
import Queue

extension EndpointDirectory {
    /// Another URL than the endpoint's own, by the same policy.
    func target(_ url: String) throws(DeliveryError) -> DeliveryTarget { try DeliveryTarget(url, policy: targets) }
}

extension EndpointDirectory.Entry {
    /// The endpoint's own schedule, or the standard's.
    var retry: RetryPolicy { retrySchedule.map { .schedule($0, jitter: 0.2) } ?? WebhookDeliverJob.retry }
}
