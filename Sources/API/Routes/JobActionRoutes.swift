import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives
import Queue

/// What can be done with one job that was accepted before.
struct JobActionRoutes: Sendable {
    let services: APIServices

    private static let longestReason = 500

    var all: [Route] {
        [
            Route(.post, "/api/jobs/{id}/cancel", JobOperations.cancel, .jobsWrite, .operator, handler: cancel),
            Route(.post, "/api/jobs/{id}/retry", JobOperations.retry, .jobsWrite, .operator, handler: retry),
        ]
    }

    /// A waiting job is cancelled at once, a running one within seconds.
    private func cancel(_ call: Call) async throws -> Response {
        guard let id = call.id(JobID.self) else { throw Problem.notFound("job") }
        let (json, claim) = try await call.body(mayBeEmpty: true)
        let reason = try Self.reason(json) ?? "cancelled by request"
        return try await OnceOnly(services: services).run(action: claim) {
            switch try await services.canceller.cancel(id, workspace: call.workspace, reason: reason, by: call.actor) {
            case nil: throw Problem.notFound("job")
            case .cancelled: OnceOnly.Answer(.ok, JobJSON.acted(on: id, status: "cancelled"))
            case .cancelling: OnceOnly.Answer(.accepted, JobJSON.acted(on: id, status: "cancelling"))
            case .ended(let state): throw Problem.jobHasEnded(state)
            }
        }
    }

    /// A dead or cancelled job runs again.
    private func retry(_ call: Call) async throws -> Response {
        let claim = try await call.body(mayBeEmpty: true).claim
        return try await OnceOnly(services: services).run(action: claim) { try await retry(for: call) }
    }

    private func retry(for call: Call) async throws -> OnceOnly.Answer {
        let jobs = JobTable(pool: services.pool)
        guard let id = call.id(JobID.self), let found = try await jobs.find(id, workspace: call.workspace) else { throw Problem.notFound("job") }
        switch JobState(rawValue: found.job.state) {
        case .dead:
            let report = try await DeadLetterTable(pool: services.pool).move(.ids([id]), by: .replay, workspace: call.workspace, actor: call.actor)
            if report.results.first?.result == .uniqueKeyTaken { throw Problem.uniqueKeyTaken }
            guard let job = report.replayed.first else { throw LedgerError.changedMeanwhile }
            services.pusher.pushAgain([(queue: job.queue, push: LaneIndex.Push(job))])
        case .cancelled:
            switch try await jobs.revive(id, workspace: call.workspace, by: call.actor) {
            case .revived(let job): services.pusher.push(freed: [job])
            case .uniqueKeyTaken: throw Problem.uniqueKeyTaken
            case .notCancelled: throw LedgerError.changedMeanwhile
            }
        case .pending, .succeeded, nil: throw Problem.notRetryable(found.job.state)
        }
        return OnceOnly.Answer(.accepted, JobJSON.acted(on: id, status: "pending"))
    }

    private static func reason(_ json: RawJSON) throws(Problem) -> String? {
        var fields = Fields(json)
        fields.allow(only: ["reason"])
        let reason = fields.text("reason", longest: longestReason)
        try fields.finish()
        return reason
    }
}

extension Problem {
    static func jobHasEnded(_ state: JobState) -> Problem {
        Problem(status: .conflict, code: "job_has_ended", detail: "The job has ended: it is \(state.rawValue).")
    }

    static func notRetryable(_ state: String) -> Problem {
        Problem(status: .conflict, code: "job_not_retryable", detail: "Only a dead or cancelled job runs again; this one is \(state).")
    }

    static let uniqueKeyTaken = Problem(
        status: .conflict, code: "unique_key_taken", detail: "Another pending job has the unique key of this one.")
}
