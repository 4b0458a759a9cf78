import HTTPTypes
import Hummingbird
import Identity
import Jobs
import Ledger
import Primitives
import Queue

/// Jobs, one by one or up to a thousand together.
struct JobRoutes: Sendable {
    let services: APIServices

    private static let list = "jobs"
    private static let mostInBatch = 1000

    var all: [Route] {
        [
            Route(.post, "/api/jobs", JobOperations.create, .jobsWrite, handler: create),
            Route(.post, "/api/jobs/batch", JobOperations.createBatch, .jobsWrite, handler: createBatch),
            Route(.get, "/api/jobs", JobOperations.list, .jobsRead, handler: index),
            Route(.get, "/api/jobs/{id}", JobOperations.show, .jobsRead, handler: show),
        ]
    }

    private var table: JobTable { JobTable(pool: services.pool) }
    private var intake: JobIntake { JobIntake(services: services) }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        var faults: [Problem.Fault] = []
        let submission = JobSubmission(services: services, workspace: call.workspace, trace: call.trace)
        let tree = try JobTree(json, by: submission, faults: &faults)
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        let (answers, isReplayed) = try await intake.accept(tree, claim: claim)
        guard let first = answers.first, let answer = tree.json(tree.roots, answers).first else { throw Problem.internalError }
        if let finished = try await intake.result(of: first.id, for: call) { return finished.replayed(isReplayed) }
        return Response(.accepted, answer).replayed(isReplayed)
    }

    /// All of them in one transaction, or none; what follows them too.
    private func createBatch(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(upTo: BodyLimit.batch)
        let pointer = json.kind == .array ? "" : "/jobs"
        guard let elements = (json.kind == .array ? json : json["jobs"])?.elements, (1...Self.mostInBatch).contains(elements.count) else {
            throw Problem.invalid([.body(pointer, "must be an array of 1 to \(Self.mostInBatch) jobs")])
        }
        var faults: [Problem.Fault] = []
        let submission = JobSubmission(services: services, workspace: call.workspace, trace: call.trace)
        let tree = try JobTree(batch: elements, at: pointer, then: json["then"], by: submission, faults: &faults)
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        let (answers, isReplayed) = try await intake.accept(tree, claim: claim)
        var members: [(String, JSON)] = [("jobs", .array(tree.json(tree.roots, answers)))]
        if !tree.followers.isEmpty { members.append(("then", .array(tree.json(tree.followers, answers)))) }
        return Response(.accepted, .object(members)).replayed(isReplayed)
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: JobID.self))
        var filter = JobTable.Filter(&query, workspace: call.workspace)
        let (status, state) = (query.choice("status", of: JobState.self), query.choice("state", of: JobState.self))
        filter.state = status ?? state
        let range = JobTable.Range(
            createdAfter: query.time("createdAfter"), createdBefore: query.time("createdBefore"), uniqueKey: query.text("uniqueKey"))
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, filter: filter, range: range, before: before, limit: limit + 1)
        return Page.response(rows, limit: limit, for: call.request, cursor: { Cursor(list: Self.list, position: $0.id) }) {
            JobJSON.summary($0, workspace: call.workspace)
        }
    }

    private func show(_ call: Call) async throws -> Response {
        guard let id = call.id(JobID.self), let found = try await table.find(id, workspace: call.workspace) else { throw Problem.notFound("job") }
        let schedule = try await ScheduleTable(pool: services.pool).schedule(of: id)
        return Response(.ok, JobJSON.detail(found, workspace: call.workspace, schedule: schedule))
    }
}

extension JobTable.Filter {
    /// What lists of jobs and of dead letters have in common.
    init(_ query: inout Query, workspace: WorkspaceID) {
        self.init(
            kind: query.text("kind"), queue: query.text("queue"),
            lanes: query.text("lane").map { LaneName.candidates($0, workspace: workspace) }, errorClass: query.text("errorClass"))
    }
}
