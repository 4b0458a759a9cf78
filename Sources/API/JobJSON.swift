import Jobs
import Ledger
import Primitives

/// Jobs and their attempts, as clients see them.
enum JobJSON {
    static func accepted(_ receipt: JobReceipt, followers: [JSON] = []) -> JSON {
        var members = action(receipt.id, status: "pending")
        if receipt.isDuplicate { members.append(("duplicate", true)) }
        if !followers.isEmpty { members.append(("then", .array(followers))) }
        return .object(members)
    }

    static func acted(on id: JobID, status: String) -> JSON { .object(action(id, status: status)) }

    private static func action(_ id: JobID, status: String) -> [(String, JSON)] {
        [("jobId", .text(id)), ("status", .string(status)), ("links", links(id))]
    }

    static func summary(_ job: JobSummary, workspace: WorkspaceID) -> JSON { .object(members(job, workspace: workspace)) }

    /// - Parameter schedule: the one that made the job.
    static func detail(_ found: JobTable.Found, workspace: WorkspaceID, schedule: ScheduleID? = nil) -> JSON {
        .object(detailMembers(found, workspace: workspace, schedule: schedule))
    }

    /// For a client that has waited for it.
    static func finished(_ found: JobTable.Found, workspace: WorkspaceID) -> JSON {
        .object([("jobId", .text(found.job.id))] + detailMembers(found, workspace: workspace))
    }

    static func detailMembers(_ found: JobTable.Found, workspace: WorkspaceID, schedule: ScheduleID? = nil) -> [(String, JSON)] {
        let origin: [(String, JSON)] = schedule.map { [("scheduleId", .text($0))] } ?? []
        return members(found.job, workspace: workspace) + origin + [
            ("laneKey", .optional(found.job.laneKey)), ("deadline", .optional(found.job.deadline.map { $0 / 1_000_000 })),
            ("notAfter", .optional(time: found.job.notAfter)), ("payloadVersion", .int(found.job.payloadVersion)),
            ("cancelReason", .optional(found.job.cancelReason)), ("blockedBy", .array(found.blockedBy.map { .text($0) })),
            ("then", .array(found.followers.map { .text($0) })), ("progress", found.progress.map(progress) ?? .null),
            ("result", found.result.map { .raw($0) } ?? .null), ("payload", .raw(DeliveryEdit.shown(found.payload))),
            ("attempts", .array(found.attempts.map(attempt))),
        ]
    }

    private static func progress(_ progress: JobTable.Progress) -> JSON {
        [
            "percent": progress.percent.map { .raw("\($0)") } ?? .null, "text": .string(progress.text), "attempt": .int(progress.attempt),
            "at": .time(progress.at),
        ]
    }

    private static func links(_ id: JobID) -> JSON { ["self": .string("/api/jobs/\(id)")] }

    static func members(_ job: JobSummary, workspace: WorkspaceID) -> [(String, JSON)] {
        [
            ("id", .text(job.id)), ("kind", .string(job.kind)), ("queue", .string(job.queue)),
            ("lane", .string(LaneName.shown(job.lane, workspace: workspace))), ("priority", .int(job.priority)), ("status", .string(job.state)),
            ("attempt", .int(job.attempt)), ("failures", .int(job.failures)), ("reclaims", .int(job.reclaims)),
            ("maxAttempts", .int(job.maxAttempts)), ("runAt", .optional(time: job.runAt)), ("uniqueKey", .optional(job.uniqueKey)),
            ("traceparent", .optional(job.trace.flatMap { TraceContext(stored: $0) }?.traceparent)),
            ("errorClass", .optional(job.errorClass)), ("errorMessage", .optional(job.errorMessage)),
            ("createdAt", .time(job.createdAt)), ("settledAt", .optional(time: job.settledAt)), ("links", links(job.id)),
        ]
    }

    private static func attempt(_ row: LogRow) -> JSON {
        [
            "attempt": .optional(row.attempt), "at": .time(row.at), "outcome": .string(row.outcome), "httpStatus": .optional(row.status),
            "errorClass": .optional(row.errorClass), "errorMessage": .optional(row.message), "durationMicroseconds": .optional(row.duration),
            "details": LogJSON.stored(row.details),
        ]
    }
}
