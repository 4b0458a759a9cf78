import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Postgres
import Primitives

/// How often callers may come: what a workspace has set, and what remains to the one who asks.
struct LimitRoutes: Sendable {
    let services: APIServices

    var all: [Route] {
        [
            // For every caller, whatever they may do otherwise.
            Route(.get, "/api/rate-limit", LimitOperations.remaining, any: Scope.allCases, handler: remaining),
            Route(.get, "/api/workspace/limits", LimitOperations.show, .workspaceRead, .workspaceWrite, handler: show),
            Route(.patch, "/api/workspace/limits", LimitOperations.change, .workspaceWrite, handler: change),
        ]
    }

    private var limits: WorkspaceLimits { services.workspaceLimits }

    private func remaining(_ call: Call) async throws -> Response {
        guard let limiter = services.limiter else { return Response(.ok, ["enforced": false, "limits": []]) }
        let own = await limits.limits(of: call.workspace)
        var found: [JSON] = []
        for routes in RouteClass.ofCredentials {
            let verdict = await limiter.look(.credential(call.credential.principal), routes, own[routes])
            found.append(["class": .string(routes.rawValue), "policies": .array(Self.policies(verdict))])
        }
        return Response(.ok, ["enforced": true, "limits": .array(found)])
    }

    private static func policies(_ verdict: RateVerdict) -> [JSON] {
        verdict.limit.policies.enumerated().map { index, policy in
            let state = verdict.policies.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            return [
                "name": .string("\(verdict.routes.rawValue)-\(policy.name)"), "quota": .int(policy.quota), "windowSeconds": .int(policy.window),
                "remaining": .optional(state?.remaining), "moreInSeconds": .optional(state.map { RateVerdict.seconds($0.more) }),
            ]
        }
    }

    private func show(_ call: Call) async throws -> Response {
        Response(.ok, json(try await WorkspaceLimitTable(pool: services.pool).find(call.workspace)))
    }

    private func change(_ call: Call) async throws -> Response {
        let json = try await call.body().json
        let changes = try read(json, call)
        let own = try await services.pool.withTransaction { connection in
            try await WorkspaceLimitTable.change(call.workspace, changes, on: connection)
            try await OperatorActionTable.record(
                workspace: call.workspace, actor: call.actor, action: "workspace.limits", detail: json.text, on: connection)
            return try await WorkspaceLimitTable.find(call.workspace, on: connection)
        }
        await services.revocations.announce([WorkspaceLimits.subject(of: call.workspace)])
        return Response(.ok, self.json(own))
    }

    /// A workspace may bind itself closer. To be let in more often than the operator has set is the operator's to give (scope `fleet`).
    private func read(_ json: RawJSON, _ call: Call) throws(Problem) -> [String: WorkspaceLimit?] {
        var fields = Fields(json)
        let names = RouteClass.ofCredentials.map(\.rawValue)
        fields.allow(only: Set(names))
        var changes: [String: WorkspaceLimit?] = [:]
        var beyond: [Problem.Fault] = []
        for routes in RouteClass.ofCredentials {
            let name = routes.rawValue
            if json[name]?.isNull == true { changes[name] = .some(nil) }
            guard let value = fields.object(name) else { continue }
            var parts = Fields(value, at: fields.pointer(to: name))
            parts.allow(only: ["perMinute", "burst"])
            let perMinute = parts.integer("perMinute", in: LimitOperations.range).map(Int32.init)
            let burst = parts.integer("burst", in: LimitOperations.range).map(Int32.init)
            if perMinute == nil, parts.faults.isEmpty { parts.refuse("perMinute", "is missing") }
            fields.add(parts.faults)
            guard let perMinute else { continue }
            let limit = RateLimit(perMinute: perMinute, burst: burst)
            changes[name] = WorkspaceLimit(perMinute: limit.perMinute, burst: limit.burst)
            let usual = limits.defaults[routes]
            if limit.perMinute > usual.perMinute || limit.burst > usual.burst {
                beyond.append(.body(fields.pointer(to: name), "is more than the operator's \(usual.perMinute) a minute and \(usual.burst) at once"))
            }
        }
        try fields.finish()
        if !beyond.isEmpty, !call.credential.scopes.contains(.fleet) { throw .beyondCaller(beyond) }
        return changes
    }

    private func json(_ own: [String: WorkspaceLimit]) -> JSON {
        let all = limits.defaults.with(own)
        return .object(
            RouteClass.ofCredentials.map { routes in
                let limit = all[routes]
                return (
                    routes.rawValue,
                    ["perMinute": .int(limit.perMinute), "burst": .int(limit.burst), "isDefault": .bool(own[routes.rawValue] == nil)]
                )
            })
    }
}
