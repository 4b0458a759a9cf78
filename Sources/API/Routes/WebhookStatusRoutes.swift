import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Postgres
import Primitives
import Queue

/// Enables, disables, pauses and resumes webhooks. What waits for one goes on waiting in its lane meanwhile, no attempt spent.
struct WebhookStatusRoutes: Sendable {
    let services: APIServices

    var all: [Route] {
        [
            Route(.get, "/api/webhooks/{id}/health", WebhookStatusOperations.health, .webhooksRead, handler: health),
            Route(.post, "/api/webhooks/{id}/enable", WebhookStatusOperations.enable, .webhooksWrite) { try await change(.enable, $0) },
            Route(.post, "/api/webhooks/{id}/disable", WebhookStatusOperations.disable, .webhooksWrite) { try await change(.disable(.manual), $0) },
            Route(.post, "/api/webhooks/{id}/pause", WebhookStatusOperations.pause, .webhooksWrite) { try await change(.pause, $0) },
            Route(.post, "/api/webhooks/{id}/resume", WebhookStatusOperations.resume, .webhooksWrite) { try await change(.resume, $0) },
        ]
    }

    private func health(_ call: Call) async throws -> Response {
        guard let id = call.id(EndpointID.self) else { throw Problem.notFound("webhook") }
        let standing = try await services.pool.withConnection { try await EndpointHealthTable.standing(id, workspace: call.workspace, on: $0) }
        guard let standing else { throw Problem.notFound("webhook") }
        return Response(.ok, WebhookHealthJSON.json(standing))
    }

    private func change(_ change: EndpointSwitch.Change, _ call: Call) async throws -> Response {
        let (body, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(body)
        fields.allow(only: [])
        try fields.finish()
        guard let id = call.id(EndpointID.self) else { throw Problem.notFound("webhook") }
        let (workspace, actor) = (call.workspace, call.actor)
        let endpoints = EndpointSwitch(publisher: services.publisher, settings: nil)
        let response = try await OnceOnly(services: services).run(claim) { connection in
            do {
                guard let switched = try await endpoints.apply(change, to: id, workspace: workspace, by: actor, on: connection),
                    let standing = try await EndpointHealthTable.standing(id, workspace: workspace, on: connection)
                else { throw Problem.notFound("webhook") }
                var answer = OnceOnly.Answer(.ok, WebhookHealthJSON.json(standing))
                answer.deliveries = switched.jobs
                return answer
            } catch EndpointSwitch.Refusal.isDisabled {
                throw Problem.webhookDisabled
            } catch EndpointSwitch.Refusal.isUnverified {
                throw Problem.webhookUnverified
            }
        }
        // Also for a repeated request: the first one may have died before it could say so.
        let place = EndpointSwitch.lane(of: id, workspace: workspace)
        if let lane = try? await LaneSettingsTable(pool: services.pool).find(place) {
            await SettingsPusher(map: services.queues, redis: services.redis).push(lane, of: place.queue)
        }
        return response
    }
}

extension Problem {
    static let webhookUnverified = Problem(
        status: .conflict, code: "webhook_unverified", detail: "The webhook's receiver has not echoed its challenge: it becomes active when it has.")
    static let webhookDisabled = Problem(
        status: .conflict, code: "webhook_disabled", detail: "The webhook is disabled: until it is enabled nothing is sent to it, and it is neither paused nor resumed.")
}
