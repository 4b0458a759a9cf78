import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives

/// Endpoints that receive events.
struct WebhookRoutes: Sendable {
    let services: APIServices

    private enum Status: String, CaseIterable { case active, disabled, paused }

    private static let list = "webhooks"
    /// Places in the same list, to be read towards its beginning.
    private static let back = "webhooksback"
    private static let longestSecret = 128
    private static let onlyWhenMade: Set<String> = ["secret", "signature", "ownershipChallenge"]

    var all: [Route] {
        [
            Route(.post, "/api/webhooks", WebhookOperations.create, .webhooksWrite, handler: create),
            Route(.post, "/api/webhooks/subscribe", WebhookOperations.subscribe, .webhooksWrite, handler: subscribe),
            Route(.get, "/api/webhooks", WebhookOperations.list, .webhooksRead, handler: index),
            Route(.get, "/api/webhooks/{id}", WebhookOperations.show, .webhooksRead, handler: show),
            Route(.patch, "/api/webhooks/{id}", WebhookOperations.change, .webhooksWrite, handler: change),
            Route(.delete, "/api/webhooks/{id}", WebhookOperations.delete, .webhooksWrite, handler: delete),
        ]
    }

    private var desk: WebhookDesk { WebhookDesk(services: services) }

    // MARK: making

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        var fields = Fields(json)
        fields.allow(only: WebhookDraft.members.union(Self.onlyWhenMade).union(["eventType"]))
        let types = Self.types(&fields)
        let draft = WebhookDraft(json, types: types, policy: services.addressPolicy, fields: &fields)
        return try await make(draft, &fields, claim, call)
    }

    private func subscribe(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        var fields = Fields(json)
        fields.allow(only: WebhookDraft.members.union(Self.onlyWhenMade).subtracting(["filter"]).union(["filters"]))
        let subscription = WebhookSubscription(&fields)
        var draft = WebhookDraft(json, types: subscription.types, policy: services.addressPolicy, fields: &fields)
        draft.profile.filter = subscription.filter
        return try await make(draft, &fields, claim, call)
    }

    private func make(_ draft: WebhookDraft, _ fields: inout Fields, _ claim: IdempotencyClaim?, _ call: Call) async throws -> Response {
        if draft.profile.order == .key, draft.profile.orderKey == nil { fields.refuse("orderKey", "is missing") }
        let scheme = fields.choice("signature", of: SignatureScheme.self) ?? .v1
        let own = fields.text("secret", longest: Self.longestSecret).map { WebhookSecret($0) }
        if let own {
            if own?.scheme != .v1 { fields.refuse("secret", "must be whsec_ and the base64 of 24 to 64 bytes") }
            if scheme == .v1a { fields.refuse("secret", "must not be given with v1a: the pair of keys is made here") }
        }
        let isChallenged = fields.boolean("ownershipChallenge") ?? false
        try fields.finish()

        let secret = (own ?? nil) ?? (scheme == .v1 ? services.defaultWebhookSecret : nil) ?? .random(scheme)
        let (id, workspace, desk) = (services.ids.next(Endpoint.self), call.workspace, self.desk)
        var profile = draft.profile
        profile.headers = try draft.headers.sealed(by: services.sealer, workspace: workspace, endpoint: id)
        var endpoint = NewEndpoint(id: id, workspace: workspace, profile: profile, secret: try desk.sealed(secret, for: id, workspace))
        endpoint.isChallenged = isChallenged
        let made = endpoint
        let response = try await OnceOnly(services: services).run(claim, hasSecret: true) { connection in
            let row = try await EndpointTable.insert(made, on: connection)
            if isChallenged { try await desk.holdUntilVerified(id, workspace, on: connection) }
            if draft.limits != LaneLimits() { try await LaneSettingsTable.set(draft.limits, of: desk.place(id, workspace), on: connection) }
            return OnceOnly.Answer(
                .created, WebhookJSON.webhook(row, headers: draft.headers, limits: draft.limits, secret: secret), location: "/api/webhooks/\(id)",
                etag: Call.tag(row.version))
        }
        if draft.limits != LaneLimits() || isChallenged { await desk.pushLimits(of: id, workspace) }
        return response
    }

    private static func types(_ fields: inout Fields) -> [String] {
        let one = fields.text("eventType", longest: EventName.longest)
        let several = fields.texts("eventTypes", most: WebhookDraft.mostEventTypes, longest: EventName.longest)
        if one != nil, several != nil { fields.refuse("eventType", "must not be given together with eventTypes") }
        if !fields.contains("eventType"), !fields.contains("eventTypes") { fields.refuse("eventType", "is missing") }
        return WebhookDraft.types(several ?? one.map { [$0] } ?? [], several == nil ? "eventType" : "eventTypes", &fields)
    }

    // MARK: reading

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let limit = query.limit()
        let (status, type, url) = (query.choice("status", of: Status.self), query.text("eventType"), query.text("webhookUrl", longest: 4096))
        let text = query.text("cursor")
        let after = text.flatMap { Cursor($0, list: Self.back) }.flatMap { EndpointID($0.position) }
        let before = text.flatMap { Cursor($0, list: Self.list) }.flatMap { EndpointID($0.position) }
        query.require("cursor", text == nil || after != nil || before != nil, "is not a cursor of this list")
        try query.finish()

        let filter = EndpointTable.Filter(status: status?.rawValue, eventType: type, url: url)
        var rows: [EndpointRow]
        let hasNext, hasPrevious: Bool
        if let after {
            rows = try await desk.table.list(filter, workspace: call.workspace, after: after, limit: limit + 1)
            (hasNext, hasPrevious) = (true, rows.count > limit)
            rows = rows.prefix(limit).reversed()
        } else {
            rows = try await desk.table.list(filter, workspace: call.workspace, before: before, limit: limit + 1)
            (hasNext, hasPrevious) = (rows.count > limit, before != nil)
            rows = Array(rows.prefix(limit))
        }
        let next = hasNext ? rows.last.map { Cursor(list: Self.list, position: $0.id) } : nil
        let previous = hasPrevious ? rows.first.map { Cursor(list: Self.back, position: $0.id) } : nil
        return Page.response(try await desk.json(rows, workspace: call.workspace), next: next, previous: previous, for: call.request)
    }

    private func show(_ call: Call) async throws -> Response {
        let row = try await desk.find(call)
        let json = try await desk.json([row], workspace: call.workspace)
        return call.answer(json.first ?? .null, version: row.version)
    }

    // MARK: changing

    private func change(_ call: Call) async throws -> Response {
        let (patch, claim) = try await call.body()
        let (id, workspace, desk) = (try self.desk.id(call), call.workspace, self.desk)
        let response = try await OnceOnly(services: services).run(claim) { connection in
            let old = try await desk.lock(call, on: connection)
            let before = WebhookDraft(
                profile: old.profile, headers: try desk.headers(old, workspace),
                limits: try await LaneSettingsTable.limits(of: desk.place(id, workspace), on: connection))
            let after = try before.changed(by: patch, policy: services.addressPolicy)
            var profile = after.profile
            profile.headers = old.profile.headers
            if after.headers != before.headers {
                profile.headers = try after.headers.sealed(by: services.sealer, workspace: workspace, endpoint: id)
            }
            guard profile != old.profile || after.limits != before.limits else {
                return OnceOnly.Answer(
                    .ok, WebhookJSON.webhook(old, headers: before.headers, limits: before.limits), etag: Call.tag(old.version))
            }
            if after.limits != before.limits { try await LaneSettingsTable.set(after.limits, of: desk.place(id, workspace), on: connection) }
            let row = try await EndpointTable.update(id, profile, workspace: workspace, on: connection)
            if row.status == "disabled", old.status != "disabled" { try await desk.holdUntilVerified(id, workspace, on: connection) }
            return OnceOnly.Answer(.ok, WebhookJSON.webhook(row, headers: after.headers, limits: after.limits), etag: Call.tag(row.version))
        }
        await desk.pushLimits(of: id, workspace)
        return response
    }

    /// Deliveries that wait for it are cancelled when their turn comes.
    private func delete(_ call: Call) async throws -> Response {
        guard try await desk.table.delete(try desk.id(call), workspace: call.workspace) else { throw Problem.notFound("webhook") }
        return Response(status: .noContent)
    }
}
