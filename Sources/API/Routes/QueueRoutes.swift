import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives
import Queue

/// Queues and workers, which all workspaces share: for whoever runs the fleet.
struct QueueRoutes: Sendable {
    let services: APIServices

    private static let concurrencies: ClosedRange<Int64> = 0...1_000_000

    var all: [Route] {
        [
            Route(.get, "/api/queues", QueueOperations.list, .fleet, handler: index),
            Route(.get, "/api/queues/{queue}", QueueOperations.show, .fleet, handler: show),
            Route(.patch, "/api/queues/{queue}", QueueOperations.change, .fleet, handler: change),
            Route(.post, "/api/queues/{queue}/pause", QueueOperations.pause, .fleet, handler: pause),
            Route(.post, "/api/queues/{queue}/resume", QueueOperations.resume, .fleet, handler: resume),
            Route(.post, "/api/queues/{queue}/drain", QueueOperations.drain, .fleet) { try await drain($0, true) },
            Route(.post, "/api/queues/{queue}/undrain", QueueOperations.undrain, .fleet) { try await drain($0, false) },
            Route(.get, "/api/workers", QueueOperations.workers, .fleet, handler: workers),
        ]
    }

    private var table: QueueSettingsTable { QueueSettingsTable(pool: services.pool) }
    private var pusher: SettingsPusher { SettingsPusher(map: services.queues, redis: services.redis) }

    private func index(_ call: Call) async throws -> Response {
        let settings = try await table.all()
        let samples = try await samples()
        var queues: [JSON] = []
        for queue in services.queues.queues { queues.append(await json(settings[queue] ?? QueueSettings(queue: queue), samples[queue])) }
        return Response(.ok, ["data": .array(queues), "nextCursor": .null])
    }

    private func show(_ call: Call) async throws -> Response {
        let queue = try queue(of: call)
        return Response(.ok, await json(try await table.find(queue), try await samples()[queue]))
    }

    /// How deep the queues were when the leader looked last, a few seconds ago.
    private func samples() async throws -> [String: QueueSample] {
        Dictionary(try await QueueSampleTable(pool: services.pool).latest().map { ($0.queue, $0) }, uniquingKeysWith: { $1 })
    }

    private func change(_ call: Call) async throws -> Response {
        let queue = try queue(of: call)
        var fields = Fields(try await call.body().json)
        fields.allow(only: ["weight", "priority", "concurrency", "processConcurrency", "laneDefaults"])
        var change = QueueSettingsTable.Change()
        change.weight = fields.integer("weight", in: 1...1000).map(Int32.init)
        change.priority = fields.integer("priority", in: -100...100).map(Int32.init)
        change.concurrency = fields.integer("concurrency", in: Self.concurrencies).map(Int32.init)
        change.processConcurrency = fields.integer("processConcurrency", in: Self.concurrencies).map(Int32.init)
        if let defaults = fields.object("laneDefaults") {
            let limits = LimitFields.read(defaults, at: fields.pointer(to: "laneDefaults"), faults: &fields)
            change.interval = limits.interval
            change.burst = limits.burst
            change.laneConcurrency = limits.concurrency
            change.isStrict = limits.isStrict
        }
        try fields.finish()
        return try await answer(try await table.change(change, of: queue, workspace: call.workspace, actor: call.actor)).response
    }

    private func pause(_ call: Call) async throws -> Response {
        let queue = try queue(of: call)
        let (body, claim) = try await call.body()
        let order = try PauseOrder(body, also: [])
        return try await OnceOnly(services: services).run(action: claim) {
            try await answer(
                try await table.pause(queue, microseconds: order.microseconds, reason: order.reason, workspace: call.workspace, actor: call.actor))
        }
    }

    private func resume(_ call: Call) async throws -> Response {
        let queue = try queue(of: call)
        return try await OnceOnly(services: services).run(action: try await call.body(mayBeEmpty: true).claim) {
            try await answer(try await table.resume(queue, workspace: call.workspace, actor: call.actor))
        }
    }

    private func drain(_ call: Call, _ isDraining: Bool) async throws -> Response {
        let queue = try queue(of: call)
        return try await OnceOnly(services: services).run(action: try await call.body(mayBeEmpty: true).claim) {
            try await answer(try await table.drain(queue, isDraining, workspace: call.workspace, actor: call.actor))
        }
    }

    private func answer(_ settings: QueueSettings) async throws -> OnceOnly.Answer {
        await pusher.push(settings)
        return OnceOnly.Answer(.ok, await json(settings, try await samples()[settings.queue]))
    }

    private func queue(of call: Call) throws(Problem) -> String {
        guard let queue = call.context.parameters.get("queue"), services.queues.contains(queue) else { throw .notFound("queue") }
        return queue
    }

    private func json(_ settings: QueueSettings, _ sample: QueueSample?) async -> JSON {
        var held: Int64 = 0
        var isIndexed = true
        for shard in services.queues.shards(of: settings.queue) {
            if let look = try? await LaneIndex(shard: shard, redis: services.redis).look() { held += look.held } else { isIndexed = false }
        }
        return [
            "queue": .string(settings.queue), "due": .optional(sample?.due), "scheduled": .optional(sample?.scheduled), "dead": .optional(sample?.dead),
            "oldestDueAt": .optional(time: sample?.oldestDueAt), "sampledAt": .optional(time: sample?.sampledAt),
            "running": isIndexed ? .int(held) : .null, "weight": .int(settings.weight),
            "priority": .int(settings.priority), "concurrency": .int(settings.concurrency), "processConcurrency": .int(settings.processConcurrency),
            "paused": .bool(settings.paused != 0), "pausedSeconds": LimitFields.seconds(settings.paused), "pausedReason": .optional(settings.pausedReason),
            "pausedBy": .optional(settings.pausedBy), "draining": .bool(settings.isDraining), "laneDefaults": LimitFields.json(settings.laneDefaults),
        ]
    }

    private func workers(_ call: Call) async throws -> Response {
        let rows = try await WorkerTable(pool: services.pool).list()
        return Response(
            .ok,
            [
                "data": .array(
                    rows.map {
                        [
                            "id": .text($0.id), "host": .string($0.host), "pid": .int($0.pid), "version": .string($0.release),
                            "startedAt": .time($0.startedAt), "seenAt": .time($0.seenAt), "queues": .raw($0.queues),
                        ]
                    }), "nextCursor": .null,
            ])
    }
}
