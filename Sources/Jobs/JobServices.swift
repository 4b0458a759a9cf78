package import HTTPDelivery
package import Ledger

/// What the kinds need of the outside world; a worker makes one for all of them.
package struct JobServices: Sendable {
    package let delivery: DeliveryClient
    package let endpoints: EndpointDirectory
    package let guardian: EndpointGuard
    /// Where jobs report to; nil where nobody listens.
    package let progress: ProgressWriter?
    let deliveries = DeliveryMetrics()

    package init(delivery: DeliveryClient, endpoints: EndpointDirectory, guardian: EndpointGuard, progress: ProgressWriter? = nil) {
        self.delivery = delivery
        self.endpoints = endpoints
        self.guardian = guardian
        self.progress = progress
    }
}
