package import HTTPDelivery
package import Ledger

/// What the kinds need of the outside world; a worker makes one for all of them.
package struct JobServices: Sendable {
    package let delivery: DeliveryClient
    /// Which addresses deliveries may go to; the client decides again at every dial.
    package let targets: AddressPolicy
    package let endpoints: EndpointDirectory
    /// Where jobs report to; nil where nobody listens.
    package let progress: ProgressWriter?

    package init(delivery: DeliveryClient, targets: AddressPolicy, endpoints: EndpointDirectory, progress: ProgressWriter? = nil) {
        self.delivery = delivery
        self.targets = targets
        self.endpoints = endpoints
        self.progress = progress
    }
}
