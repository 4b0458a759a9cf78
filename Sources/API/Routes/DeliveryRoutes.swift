import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives
import Queue

/// What became of the events that went to an endpoint.
struct DeliveryRoutes: Sendable {
    let services: APIServices

    private static let list = "deliveries"

    var all: [Route] {
        [
            Route(.get, "/api/webhooks/{id}/deliveries", DeliveryOperations.list, .webhooksRead, handler: index),
            Route(.get, "/api/webhooks/{id}/stats", DeliveryOperations.stats, .webhooksRead, handler: stats),
            Route(.get, "/api/deliveries/{id}", DeliveryOperations.show, .webhooksRead, handler: show),
            Route(.post, "/api/deliveries/{id}/redeliver", DeliveryOperations.redeliver, .webhooksWrite, handler: redeliver),
        ]
    }

    private var table: DeliveryTable { DeliveryTable(pool: services.pool) }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: DeliveryID.self))
        var filter = DeliveryTable.Filter()
        filter.state = query.choice("status", of: JobState.self)
        filter.eventType = query.text("event")
        filter.isReplay = query.choice("replay", of: Answer.self).map { $0 == .yes }
        filter.since = query.time("since")
        filter.until = query.time("until")
        try query.finish()
        let endpoint = try await endpoint(call)
        let page = try await table.page(of: endpoint.id, workspace: call.workspace, filter: filter, before: before, limit: limit)
        return Page.response(page.rows, next: page.next.map { Cursor(list: Self.list, position: $0) }, for: call.request) { DeliveryJSON.summary($0) }
    }

    enum Answer: String, CaseIterable, Sendable {
        case yes = "true"
        case no = "false"
    }

    private func stats(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let window = query.choice("window", of: StatsWindow.self) ?? .day
        try query.finish()
        let endpoint = try await endpoint(call)
        let stats = try await EndpointStats.read(endpoint.id, workspace: call.workspace, seconds: window.seconds, on: services.pool)
        return Response(.ok, DeliveryJSON.stats(stats, of: endpoint.id, window: window))
    }

    private func show(_ call: Call) async throws -> Response {
        guard let found = try await delivery(call) else { throw Problem.notFound("delivery") }
        let endpoint = try await EndpointTable(pool: services.pool).find(found.delivery.endpoint, workspace: call.workspace)
        return Response(.ok, DeliveryJSON.detail(found, request: SentRequest(found, endpoint: endpoint).json))
    }

    /// A new delivery of the same event: receivers see the id that they know, and it has the whole schedule before it.
    private func redeliver(_ call: Call) async throws -> Response {
        let (body, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(body)
        fields.allow(only: [])
        try fields.finish()
        guard let found = try await delivery(call) else { throw Problem.notFound("delivery") }
        if services.feed.settings(of: WebhookDeliverJob.queue).isDraining { throw Problem.draining(WebhookDeliverJob.queue) }
        let old = found.delivery
        let order = DeliveryReplay.Order(event: old.event, endpoint: old.endpoint, first: old.first ?? old.id)
        let replay = DeliveryReplay(deliveryJob: Publisher.replayJob(ids: services.ids))
        return try await OnceOnly(services: services).run(claim) { connection in
            let made = try await replay.insert([order], workspace: call.workspace, trace: call.trace, on: connection)
            guard let job = made.first?.job else { throw Problem.notRedeliverable }
            try await OperatorActionTable.record(
                workspace: call.workspace, actor: call.actor, action: "deliveries.redeliver", jobs: [job.id], on: connection)
            let id = DeliveryID(job.id.value)
            var answer = OnceOnly.Answer(
                .accepted,
                [
                    "deliveryId": .text(id), "jobId": .text(job.id), "webhookId": .text(old.endpoint), "messageId": .text(order.first ?? id),
                    "status": "pending", "links": ["self": .string("/api/deliveries/\(id)"), "original": .string("/api/deliveries/\(old.id)")],
                ], location: "/api/deliveries/\(id)")
            answer.deliveries = [job]
            return answer
        }
    }

    private func endpoint(_ call: Call) async throws -> EndpointRow {
        guard let id = call.id(EndpointID.self), let row = try await EndpointTable(pool: services.pool).find(id, workspace: call.workspace) else {
            throw Problem.notFound("webhook")
        }
        return row
    }

    private func delivery(_ call: Call) async throws -> DeliveryTable.Found? {
        guard let id = call.id(DeliveryID.self) else { return nil }
        return try await table.find(id, workspace: call.workspace)
    }
}

extension Problem {
    static let notRedeliverable = Problem(
        status: .conflict, code: "not_redeliverable", detail: "The event of the delivery or its webhook is not there any more.")
}
