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
    /// Another request of the same unique key may end between two of our statements; the next look sees how.
    private static let mostTries = 3

    var all: [Route] {
        [
            Route(.post, "/api/jobs", .jobsWrite, handler: create),
            Route(.post, "/api/jobs/batch", .jobsWrite, handler: createBatch),
            Route(.get, "/api/jobs", .jobsRead, handler: index),
            Route(.get, "/api/jobs/{id}", .jobsRead, handler: show),
        ]
    }

    private var table: JobTable { JobTable(pool: services.pool) }

    private func create(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body()
        var faults: [Problem.Fault] = []
        let submission = JobSubmission(services: services, workspace: call.workspace, trace: call.trace)
        guard let job = try submission.read(json, at: "", faults: &faults), faults.isEmpty else { throw Problem.invalid(faults) }
        let (answers, isReplayed) = try await accept([job], claim: claim)
        guard let answer = answers.first else { throw Problem.internalError }
        return Response(.accepted, answer).replayed(isReplayed)
    }

    /// All of them in one transaction, or none.
    private func createBatch(_ call: Call) async throws -> Response {
        let (json, claim) = try await call.body(upTo: BodyLimit.batch)
        let pointer = json.kind == .array ? "" : "/jobs"
        guard let elements = (json.kind == .array ? json : json["jobs"])?.elements, (1...Self.mostInBatch).contains(elements.count) else {
            throw Problem.invalid([.body(pointer, "must be an array of 1 to \(Self.mostInBatch) jobs")])
        }
        var faults: [Problem.Fault] = []
        let submission = JobSubmission(services: services, workspace: call.workspace, trace: call.trace)
        var jobs: [NewJob] = []
        for (index, element) in elements.enumerated() {
            if let job = try submission.read(element, at: "\(pointer)/\(index)", faults: &faults) { jobs.append(job) }
        }
        guard faults.isEmpty, jobs.count == elements.count else { throw Problem.invalid(faults) }
        let (answers, isReplayed) = try await accept(jobs, claim: claim)
        return Response(.accepted, ["jobs": .array(answers)]).replayed(isReplayed)
    }

    private func accept(_ jobs: [NewJob], claim: IdempotencyClaim?) async throws -> (answers: [JSON], isReplayed: Bool) {
        var tries = 1
        while true {
            do {
                switch try await services.intake.accept(jobs, claim: claim) {
                case .done(let accepted): return (accepted.map { JobJSON.accepted($0.id, isDuplicate: $0.isDuplicate) }, false)
                case .replayed(let answer):
                    guard let receipts = AcceptedJob.accepted(inReceipts: answer) else { throw Problem.idempotencyInProgress }
                    return (receipts.map { JobJSON.accepted($0.id, isDuplicate: $0.isDuplicate) }, true)
                case .mismatch: throw Problem.idempotencyMismatch
                case .inProgress: throw Problem.idempotencyInProgress
                }
            } catch LedgerError.changedMeanwhile where tries < Self.mostTries {
                tries += 1
            }
        }
    }

    private func index(_ call: Call) async throws -> Response {
        var query = Query(call.request)
        let (limit, before) = (query.limit(), query.cursor(of: Self.list, as: JobID.self))
        var filter = JobTable.Filter(&query, workspace: call.workspace)
        filter.state = query.choice("status", of: JobState.self) ?? query.choice("state", of: JobState.self)
        try query.finish()
        let rows = try await table.list(workspace: call.workspace, filter: filter, before: before, limit: limit + 1)
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
