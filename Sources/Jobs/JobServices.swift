package import HTTPDelivery

/// What the kinds need of the outside world; a worker makes one for all of them.
package struct JobServices: Sendable {
    package let delivery: DeliveryClient
    /// Which addresses deliveries may go to; the client decides again at every dial.
    package let targets: AddressPolicy
    package let endpoints: EndpointDirectory

    package init(delivery: DeliveryClient, targets: AddressPolicy, endpoints: EndpointDirectory) {
        self.delivery = delivery
        self.targets = targets
        self.endpoints = endpoints
    }
}
