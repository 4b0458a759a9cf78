package import Ledger
package import Primitives

extension Publisher {
    /// The job of a delivery that is made anew. It lies in the endpoint's lane behind what waits there, with the whole schedule before it.
    package static func replayJob(ids: IdentifierSource = .system) -> DeliveryReplay.DeliveryJob {
        { source in
            let order = source.order
            let payload = WebhookDeliverJob.payload(
                endpoint: order.endpoint, body: source.event.body,
                replay: WebhookDeliverJob.Replay(first: order.first, url: order.url))
            return NewJob(
                id: ids.next(), workspace: source.event.workspace, kind: WebhookDeliverJob.kind, queue: WebhookDeliverJob.queue,
                lane: order.endpoint.description, payload: payload, maxAttempts: Int32(source.retries.map { $0 + 1 } ?? WebhookDeliverJob.maxAttempts),
                trace: source.event.trace, payloadVersion: Int16(clamping: WebhookDeliverJob.payloadVersion))
        }
    }
}
