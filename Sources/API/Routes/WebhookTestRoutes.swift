import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives
import Queue

/// Tries an endpoint out: a sample of an event as a real delivery, signed and retried like any other; and the challenge of who owns the URL.
struct WebhookTestRoutes: Sendable {
    let services: APIServices

    /// When neither the request nor the webhook names one.
    private static let usualType = "course.completed"
    private static let metadata = #"{"test":true}"#

    var all: [Route] {
        [
            Route(.post, "/api/webhooks/{id}/test", WebhookTestOperations.test, .webhooksWrite, handler: test),
            Route(.post, "/api/webhooks/{id}/verify", WebhookTestOperations.verify, .webhooksWrite, handler: verify),
        ]
    }

    private var desk: WebhookDesk { WebhookDesk(services: services) }

    private func test(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: ["eventType"])
        let named = fields.text("eventType", longest: EventName.longest)
        if let named, !EventName.isValid(named) { fields.refuse("eventType", EventName.rule) }
        try fields.finish()

        let row = try await desk.find(call)
        let type = named ?? row.profile.eventTypes.first { $0 != WebhookDraft.all } ?? Self.usualType
        let sample = try await sample(of: type, call)
        return try await OnceOnly(services: services).run(claim) { connection in
            guard let row = try await EndpointTable.lock(row.id, workspace: call.workspace, on: connection) else { throw Problem.notFound("webhook") }
            guard row.status != "disabled" else { throw Problem.webhookDisabled }
            var happening = Publisher.Happening(type: type, at: WallClock.now, data: sample)
            (happening.metadata, happening.only) = (Self.metadata, row.id)
            let jobs = try await services.publisher.publish(happening, workspace: call.workspace, trace: call.trace, on: connection)
            guard let job = jobs.first else { throw Problem.notFound("webhook") }
            var answer = OnceOnly.Answer(
                .accepted,
                [
                    "deliveryId": .text(DeliveryID(job.id.value)), "jobId": .text(job.id), "eventType": .string(type), "status": "pending",
                    "links": ["job": .string("/api/jobs/\(job.id)"), "delivery": .string("/api/deliveries/\(DeliveryID(job.id.value))")],
                ])
            answer.deliveries = jobs
            return answer
        }
    }

    /// What the catalogue shows of the type; an empty object for a type that it does not know.
    private func sample(of type: String, _ call: Call) async throws -> String {
        if let builtIn = BuiltInEventType.named(type) { return builtIn.example.text }
        return try await EventTypeTable(pool: services.pool).find(type, workspace: call.workspace)?.definition.example ?? "{}"
    }

    /// The receiver is asked to echo a challenge; when it does, the webhook becomes active.
    private func verify(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: [])
        try fields.finish()
        let row = try await desk.find(call)
        guard row.isChallenged, row.verifiedAt == nil else { throw Problem.nothingToVerify }
        let job = WebhookVerifyJob.job(
            services.ids.next(), endpoint: row.id, workspace: call.workspace, lane: LaneName.stored("webhook-verify", workspace: call.workspace),
            trace: call.trace)
        switch try await services.intake.accept([job], claim: claim) {
        case .done(let accepted): return Self.accepted(accepted.first?.id ?? job.id, row.id)
        case .replayed(let answer):
            guard let id = AcceptedJob.accepted(inReceipts: answer)?.first?.id else { throw Problem.idempotencyInProgress }
            return Self.accepted(id, row.id).replayed(true)
        case .mismatch: throw Problem.idempotencyMismatch
        case .inProgress: throw Problem.idempotencyInProgress
        }
    }

    private static func accepted(_ job: JobID, _ webhook: EndpointID) -> Response {
        Response(
            .accepted, ["jobId": .text(job), "status": "pending", "links": ["self": .string("/api/jobs/\(job)"), "webhook": .string("/api/webhooks/\(webhook)")]])
    }
}

extension Problem {
    static let nothingToVerify = Problem(
        status: .conflict, code: "nothing_to_verify", detail: "The webhook asks for no challenge of its receiver, or its receiver has echoed one.")
}
