import HTTPDelivery
import Queue

extension EndpointDirectory {
    /// Another URL than the endpoint's own, by the same policy.
    func target(_ url: String) throws(DeliveryError) -> DeliveryTarget { try DeliveryTarget(url, policy: targets) }
}

extension EndpointDirectory.Entry {
    var headers: [(name: String, value: String)] { [] }
    var timeout: Duration { .seconds(15) }
    /// The endpoint's own schedule, or the standard's.
    var retry: RetryPolicy { WebhookDeliverJob.retry }
}
