import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives

/// Secrets of endpoints: a new one beside the old ones, and what receivers may know of pairs of keys.
struct WebhookSecretRoutes: Sendable {
    let services: APIServices

    private static let usualOverlap: Int64 = 86_400
    private static let longestOverlap: Int64 = 7 * 86_400
    private static let caching = "public, max-age=60"

    var all: [Route] {
        [
            Route(.post, "/api/webhooks/{id}/rotate-secret", WebhookSecretOperations.rotate, .webhooksWrite, handler: rotate),
            // For receivers, which have no key of ours. The id is no secret, and public halves are for everybody.
            Route(openly: .get, "/api/webhooks/{id}/keys", WebhookSecretOperations.keys, handler: keys),
        ]
    }

    private var desk: WebhookDesk { WebhookDesk(services: services) }

    private func rotate(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(mayBeEmpty: true)
        var fields = Fields(json)
        fields.allow(only: ["secret", "overlapSeconds"])
        let own = fields.text("secret", longest: 128).map { WebhookSecret($0) }
        if let own, own?.scheme != .v1 { fields.refuse("secret", "must be whsec_ and the base64 of 24 to 64 bytes") }
        let overlap = fields.integer("overlapSeconds", in: 0...Self.longestOverlap) ?? Self.usualOverlap
        try fields.finish()

        let (id, workspace, desk) = (try self.desk.id(call), call.workspace, self.desk)
        return try await OnceOnly(services: services).run(claim, hasSecret: true) { connection in
            let row = try await desk.lock(call, on: connection)
            let live = try await EndpointSecretTable.live(id, workspace: workspace, on: connection)
            guard overlap == 0 || live.count < EndpointSecretTable.mostLive else { throw Problem.tooManySecrets }
            let scheme = SignatureScheme(rawValue: row.signature) ?? .v1
            if own != nil, scheme == .v1a { throw Problem.secretOfAnotherScheme }
            let secret = (own ?? nil) ?? .random(scheme)
            if own != nil, try desk.opened(live, of: id, workspace).contains(where: { $0.bytes == secret.bytes }) { throw Problem.secretInUse }
            try await EndpointSecretTable.rotate(
                to: try desk.sealed(secret, for: id, workspace), endpoint: id, workspace: workspace, overlapSeconds: overlap, on: connection)
            let changed = try await EndpointTable.touch(id, workspace: workspace, on: connection)
            let limits = try await LaneSettingsTable.limits(of: desk.place(id, workspace), on: connection)
            return OnceOnly.Answer(
                .ok, WebhookJSON.webhook(changed, headers: try desk.headers(changed, workspace), limits: limits, secret: secret),
                etag: Call.tag(changed.version))
        }
    }

    private func keys(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let id = context.parameters.get("id").flatMap({ EndpointID($0) }),
            let found = try await EndpointSecretTable(pool: services.pool).livePairs(id), !found.secrets.isEmpty
        else { throw Problem.notFound("set of keys") }
        var response = Response(.ok, WebhookJSON.keys(try desk.opened(found.secrets, of: id, found.workspace)))
        response.headers[.cacheControl] = Self.caching
        return response
    }
}

extension Problem {
    static let tooManySecrets = Problem(
        status: .conflict, code: "too_many_secrets",
        detail: "\(EndpointSecretTable.mostLive) secrets of the webhook are live; an overlap of 0 ends them, or wait until one has ended.")
    static let secretOfAnotherScheme = Problem(
        status: .conflict, code: "secret_of_another_scheme", detail: "The webhook is signed with v1a, whose pairs of keys are made here.")
    static let secretInUse = Problem(status: .conflict, code: "secret_in_use", detail: "This secret is a live one of the webhook already.")
}
