import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives

/// Payloads of dead letters: what an operator repairs before a replay, and what was there before.
struct DeadLetterPayloadRoutes: Sendable {
    let services: APIServices

    var all: [Route] {
        [
            Route(.patch, "/api/dead-letters/{id}", DeadLetterOperations.edit, .operator, handler: edit),
            Route(.get, "/api/dead-letters/{id}/payloads/{version}", DeadLetterOperations.payload, .operator, .jobsRead, handler: show),
        ]
    }

    private var table: PayloadVersionTable { PayloadVersionTable(pool: services.pool) }

    /// Also for kinds that clients may not enqueue: the job is there, and what is sent must decode for it.
    private func edit(_ call: Call) async throws -> Response {
        guard let id = call.id(JobID.self) else { throw Problem.notFound("dead letter") }
        var fields = Fields(try await call.body().json)
        fields.allow(only: ["payload", "ifVersion"])
        let payload = fields.object("payload", required: true)
        let expected = fields.integer("ifVersion", in: 1...Int64(Int32.max)).map { Int32($0) }
        try fields.finish()
        guard let payload else { throw Problem.internalError }
        if payload.byteCount > BodyLimit.payload { throw Problem.tooLarge("payload", limit: BodyLimit.payload, pointer: "/payload") }
        guard let (letter, found) = try await DeadLetterTable(pool: services.pool).find(id, workspace: call.workspace) else {
            throw try await isThere(id, in: call.workspace) ? Problem.notDead : Problem.notFound("dead letter")
        }
        guard let kind = services.registry[letter.job.kind] else {
            throw Problem.payloadDoesNotFit(.body("/payload", "cannot be checked: this release has no kind \(letter.job.kind)"))
        }
        if let complaint = services.registry.complaint(about: payload.text, for: kind) {
            throw Problem.payloadDoesNotFit(JobSubmission.fault(complaint, at: "/payload"))
        }
        let header = try call.matchedVersion()
        let stored = try stored(payload, of: letter.job.kind, replacing: found.payload, in: call.workspace)
        switch try await table.edit(id, payload: stored, expected: expected ?? header, workspace: call.workspace, author: call.actor) {
        case .done(let version):
            return Response(.ok, ["id": .text(id), "payloadVersion": .int(version), "links": ["self": .string("/api/dead-letters/\(id)")]])
                .tagged(version)
        case .stale(let current):
            throw Problem.staleVersion(current, status: expected == nil ? .preconditionFailed : .conflict)
        case .tooMany:
            throw Problem.tooManyVersions
        case .notDead: throw Problem.notDead
        case .notFound: throw Problem.notFound("dead letter")
        }
    }

    /// A delivery may be given another URL, and headers of its own, whose values rest sealed.
    private func stored(_ payload: RawJSON, of kind: String, replacing old: String, in workspace: WorkspaceID) throws(Problem) -> String {
        guard kind == WebhookDeliverJob.kind else { return payload.text }
        do {
            return try DeliveryEdit(sealer: services.sealer, policy: services.addressPolicy).stored(payload, replacing: old, workspace: workspace)
        } catch {
            throw Problem.payloadDoesNotFit(.body("/payload" + error.pointer, error.reason))
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(JobID.self), let number = call.number("version"),
            let (version, payload) = try await table.payload(number, of: id, workspace: call.workspace)
        else { throw Problem.notFound("payload") }
        return Response(.ok, DeadLetterJSON.payload(version, payload, of: id))
    }

    private func isThere(_ id: JobID, in workspace: WorkspaceID) async throws -> Bool {
        try await JobTable(pool: services.pool).find(id, workspace: workspace) != nil
    }
}

extension Problem {
    static let notDead = Problem(
        status: .conflict, code: "not_dead", detail: "The job is no dead letter, or no more: its payload cannot be changed.")

    /// What fits depends on the job, which the request does not show.
    static func payloadDoesNotFit(_ fault: Fault) -> Problem {
        Problem(status: .conflict, code: "payload_does_not_fit", detail: "The job's kind cannot work on this payload.", faults: [fault])
    }

    static let tooManyVersions = Problem(
        status: .conflict, code: "too_many_versions", detail: "The payload has been changed \(PayloadVersionTable.mostVersions - 1) times.")

    static func staleVersion(_ current: Int32, status: HTTPResponse.Status) -> Problem {
        Problem(status: status, code: "version_conflict", detail: "The payload is at version \(current) by now: read it, and decide anew.")
    }
}

extension Response {
    /// With a version for `If-Match`.
    func tagged(_ version: Int32) -> Response {
        var response = self
        response.headers[.eTag] = Call.tag(version)
        return response
    }
}
