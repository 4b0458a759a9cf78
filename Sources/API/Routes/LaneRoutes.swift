import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives
import Queue

/// A workspace's lanes: what waits in them, their limits, and pauses.
struct LaneRoutes: Sendable {
    let services: APIServices

    private static let list = "lanes"
    /// The others end with what they stand for: a webhook is enabled, not its lane.
    private static let releasable: Set<LaneHold.Cause> = [.operator, .throttle, .circuit]

    var all: [Route] {
        [
            Route(.get, "/api/lanes", LaneOperations.list, .operator, .jobsRead, handler: index),
            Route(.put, "/api/lanes/limits", LaneOperations.limits, .operator, handler: limits),
            Route(.post, "/api/lanes/pause", LaneOperations.pause, .operator, handler: pause),
            Route(.post, "/api/lanes/resume", LaneOperations.resume, .operator, handler: resume),
        ]
    }

    private var table: LaneSettingsTable { LaneSettingsTable(pool: services.pool) }

    /// The lanes of one queue that wait or have settings, in the order of their names.
    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, after, lane) = (query.limit(), query.cursor(ofNames: Self.list), query.text("lane"))
        let queue = query.text("queue")
        query.require("queue", queue.map(services.queues.contains) == true, "must be one of \(services.queues.queues.joined(separator: ", "))")
        try query.finish()
        let found = try await LaneCensus(pool: services.pool).lanes(
            of: queue ?? "", workspace: call.workspace, named: lane.map { LaneName.candidates($0, workspace: call.workspace) }, after: after ?? "",
            limit: limit + 1)
        let defaults = try await QueueSettingsTable(pool: services.pool).find(queue ?? "").laneDefaults
        let names = found.prefix(limit).map(\.settings.lane)
        let looks = await look(at: names, queue: queue ?? "")
        let holds = try await LaneHoldTable(pool: services.pool).holds(of: names, queue: queue ?? "")
        return Page.response(found, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, name: $0.settings.lane) }) { row in
            json(
                row.settings, holds: holds[row.settings.lane] ?? [], queue: queue ?? "", defaults: defaults, workspace: call.workspace,
                look: looks[row.settings.lane], oldest: row.oldestDueAt)
        }
    }

    private func look(at lanes: [String], queue: String) async -> [String: LaneIndex.Look.Lane] {
        var looks: [String: LaneIndex.Look.Lane] = [:]
        for (shard, lanes) in Dictionary(grouping: lanes, by: { services.queues.shard(of: queue, lane: $0) }) {
            guard let look = try? await LaneIndex(shard: shard, redis: services.redis).look(at: lanes) else { continue }
            for (lane, found) in zip(lanes, look.lanes) { looks[lane] = found }
        }
        return looks
    }

    private func limits(_ call: Call) async throws -> Response {
        let body = try await call.body().json
        var fields = Fields(body)
        let place = try await place(&fields, call)
        let limits = LimitFields.read(body, at: "", also: ["queue", "lane"], faults: &fields)
        try fields.finish()
        return try await answer(try await table.setLimits(limits, of: place, actor: call.actor), place).response
    }

    private func pause(_ call: Call) async throws -> Response {
        let (body, claim) = try await call.body()
        var fields = Fields(body)
        let place = try await place(&fields, call)
        let order = try PauseOrder(body, also: ["queue", "lane"])
        return try await OnceOnly(services: services).run(action: claim) {
            try await answer(try await table.park(place, microseconds: order.microseconds, reason: order.reason, actor: call.actor), place)
        }
    }

    private func resume(_ call: Call) async throws -> Response {
        let (body, claim) = try await call.body()
        var fields = Fields(body)
        fields.allow(only: ["queue", "lane", "cause"])
        let cause = fields.text("cause", longest: 20).map { LaneHold.Cause(rawValue: $0) } ?? .operator
        if cause.map(Self.releasable.contains) != true { fields.refuse("cause", "must be operator, throttle or circuit") }
        let place = try await place(&fields, call)
        return try await OnceOnly(services: services).run(action: claim) {
            try await answer(try await table.unpark(place, cause ?? .operator, actor: call.actor), place)
        }
    }

    private func answer(_ settings: LaneSettings, _ place: LanePlace) async throws -> OnceOnly.Answer {
        await SettingsPusher(map: services.queues, redis: services.redis).push(settings, of: place.queue)
        let defaults = try await QueueSettingsTable(pool: services.pool).find(place.queue).laneDefaults
        let look = await look(at: [settings.lane], queue: place.queue)[settings.lane]
        let holds = try await LaneHoldTable(pool: services.pool).holds(of: [settings.lane], queue: place.queue)[settings.lane] ?? []
        return OnceOnly.Answer(
            .ok, json(settings, holds: holds, queue: place.queue, defaults: defaults, workspace: place.workspace, look: look, oldest: nil))
    }

    /// The lane that the body names, which is one of the workspace's: an endpoint's by its id, else one of the workspace's own names.
    private func place(_ fields: inout Fields, _ call: Call) async throws -> LanePlace {
        let queue = fields.text("queue", required: true, longest: 128)
        if let queue, !services.queues.contains(queue) { fields.refuse("queue", "must be one of \(services.queues.queues.joined(separator: ", "))") }
        let lane = fields.text("lane", required: true, longest: LaneName.longest)
        if let lane, !LaneName.isValid(lane) { fields.refuse("lane", "must be letters, digits and the characters _.:@#/+-") }
        try fields.finish()
        guard let queue, let lane else { throw Problem.invalid(fields.faults) }
        var stored = LaneName.stored(lane, workspace: call.workspace)
        if let endpoint = EndpointID(lane) {
            guard try await EndpointTable(pool: services.pool).find(endpoint, workspace: call.workspace) != nil else { throw Problem.notFound("webhook") }
            stored = endpoint.description
        }
        return LanePlace(queue: queue, lane: stored, workspace: call.workspace)
    }

    private func json(
        _ settings: LaneSettings, holds: [LaneHold], queue: String, defaults: LaneDefaults, workspace: WorkspaceID, look: LaneIndex.Look.Lane?,
        oldest: Int64?
    ) -> JSON {
        [
            "queue": .string(queue), "lane": .string(LaneName.shown(settings.lane, workspace: workspace)), "paused": .bool(settings.parked != 0),
            "pausedSeconds": LimitFields.seconds(settings.parked), "pausedReason": .optional(settings.parkedReason),
            "pausedBy": .optional(settings.parkedBy), "holds": .array(holds.map(json)), "limits": LimitFields.json(settings.limits),
            "effectiveLimits": LimitFields.json(defaults.with(settings.limits)), "running": .optional(look?.running),
            "waitingInIndex": .optional(look.map { $0.waiting + $0.retriesWaiting + $0.behind }), "overflowing": look.map { .bool($0.isOverflowing) } ?? .null,
            "oldestDueAt": .optional(time: oldest),
        ]
    }

    private func json(_ hold: LaneHold) -> JSON {
        [
            "cause": .string(hold.cause.rawValue), "seconds": LimitFields.seconds(hold.remaining), "reason": .string(hold.reason), "by": .string(hold.by),
            "since": .time(hold.since),
        ]
    }
}
