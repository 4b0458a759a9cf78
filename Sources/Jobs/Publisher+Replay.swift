package import Ledger
package import Primitives

extension Publisher {
    /// What replays of many have to know of deliveries.
    package static func replayWork(ids: IdentifierSource = .system) -> ReplayWork {
        ReplayWork(deliveries: DeliveryReplay(deliveryJob: replayJob(ids: ids)), passes: { $0.passes($1) }, flagged: WebhookDeliverJob.flagged)
    }

    /// What goes to another URL has a lane of its own for each replay: the endpoint's neither holds it up nor is held up by it.
    private static func lane(of order: DeliveryReplay.Order) -> String {
        guard order.url != nil, let replay = order.replay else { return order.endpoint.description }
        return replay.description
    }

    /// The job of a delivery that is made anew. It lies behind what waits in its lane, with the whole schedule before it.
    package static func replayJob(ids: IdentifierSource = .system) -> DeliveryReplay.DeliveryJob {
        { source in
            let order = source.order
            let payload = WebhookDeliverJob.payload(
                endpoint: order.endpoint, body: source.event.body,
                replay: WebhookDeliverJob.Replay(first: order.first, url: order.url))
            return NewJob(
                id: ids.next(), workspace: source.event.workspace, kind: WebhookDeliverJob.kind, queue: WebhookDeliverJob.queue,
                lane: lane(of: order), payload: payload, maxAttempts: Int32(source.retries.map { $0 + 1 } ?? WebhookDeliverJob.maxAttempts),
                trace: source.event.trace, laneKey: order.url == nil ? source.laneKey : nil, payloadVersion: Int16(clamping: WebhookDeliverJob.payloadVersion))
        }
    }
}
