import Cron
import HTTPTypes
import Ledger
import Primitives

/// Reads a schedule as a client asks for it: the members of a job beside a name, an expression and policies.
struct ScheduleSubmission {
    let services: APIServices
    let call: Call

    private static let members: Set<String> = [
        "name", "cron", "timeZone", "kind", "payload", "queue", "lane", "priority", "maxAttempts", "catchUp", "catchUpLimit", "overlap",
    ]
    private static let longestName = 128
    private static let longestCron = 200
    private static let longestTimeZone = 64
    private static let catchUpLimits: ClosedRange<Int64> = 1...500
    private static let usualCatchUpLimit: Int64 = 100

    /// What is not a member of a schedule is refused, since without it the schedule would do something else than was meant, again and again.
    func read(_ json: RawJSON) throws(Problem) -> ScheduleDefinition {
        var fields = Fields(json)
        try fields.finish()
        fields.allow(only: Self.members)
        let name = fields.text("name", required: true, longest: Self.longestName)
        let cron = fields.text("cron", required: true, longest: Self.longestCron)
        let timeZone = fields.text("timeZone", longest: Self.longestTimeZone) ?? "UTC"
        check(cron: cron, timeZone: timeZone, &fields)
        let catchUp = choice("catchUp", of: CatchUp.self, &fields) ?? .none
        let limit = fields.integer("catchUpLimit", in: Self.catchUpLimits) ?? Self.usualCatchUpLimit
        let overlap = choice("overlap", of: Overlap.self, &fields) ?? .allow
        var faults = fields.faults
        let submission = JobSubmission(services: services, workspace: call.workspace, trace: call.trace)
        let job = try submission.read(json, at: "", faults: &faults)
        guard let name, let cron, let job, faults.isEmpty else { throw .invalid(faults) }
        return ScheduleDefinition(
            name: name, cron: cron, timeZone: timeZone, kind: job.kind, queue: job.queue, lane: job.lane, priority: job.priority,
            payload: job.payload, maxAttempts: job.maxAttempts, catchUp: catchUp, catchUpLimit: Int32(limit), overlap: overlap)
    }

    /// A schedule as it is with some members given anew; a null brings back what is usual.
    func read(_ patch: RawJSON, over row: ScheduleRow) throws(Problem) -> ScheduleDefinition {
        guard let changes = patch.members else { throw .invalid([.body("", "must be an object")]) }
        var members = ScheduleJSON.definition(row.definition, workspace: call.workspace)
        for change in changes {
            members.removeAll { $0.0 == change.name }
            if !change.value.isNull || !Self.members.contains(change.name) { members.append((change.name, .raw(change.value.text))) }
        }
        return try read(RawJSON.body(Array(JSON.object(members).text.utf8)))
    }

    private func check(cron: String?, timeZone: String, _ fields: inout Fields) {
        var readable = "@daily"
        do {
            if let cron {
                _ = try CronExpression(cron)
                readable = cron
            }
        } catch {
            fields.refuse("cron", error.reason)
        }
        do {
            _ = try Timetable(cron: readable, timeZone: timeZone)
        } catch {
            fields.refuse("timeZone", error.reason)
        }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of _: Choice.Type, _ fields: inout Fields
    ) -> Choice? where Choice.RawValue == String {
        guard let text = fields.text(name, longest: 32) else { return nil }
        return Choice(rawValue: text) ?? fields.refused(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
}

extension Problem {
    init(_ refusal: ScheduleRefusal) {
        switch refusal {
        case .nameTaken: self = Problem(status: .conflict, code: "name_taken", detail: "Another schedule of the workspace has this name.")
        case .tooMany(let limit): self = Problem(status: .conflict, code: "too_many_schedules", detail: "A workspace has at most \(limit) schedules.")
        case .neverComes: 
            self = Problem(
                status: .conflict, code: "never_comes", detail: "The expression never comes: no month of it has such a day.",
                faults: [.body("/cron", "never comes: no month of it has such a day")])
        }
    }
}
