import HTTPTypes
import Jobs
import Ledger
import Primitives
import Queue

/// Reads a job as a client asks for it.
struct JobSubmission {
    let services: APIServices
    let workspace: WorkspaceID
    let trace: String

    private static let priorities: ClosedRange<Int64> = -100...100
    private static let attempts: ClosedRange<Int64> = 1...100
    private static let longestName = 128
    private static let longestUniqueKey = 255
    /// Seconds.
    private static let deadlines: ClosedRange<Int64> = 1...86_400
    /// Thirty days: a key must not outlive its job by much, since it is answered with the job's id.
    private static let periods: ClosedRange<Int64> = 1...30 * 86_400

    /// - Parameters:
    ///   - pointer: where the job is in the body.
    ///   - faults: what is wrong with it is added here; nil is returned then.
    func read(_ json: RawJSON, at pointer: String, faults: inout [Problem.Fault]) throws(Problem) -> NewJob? {
        var fields = Fields(json, at: pointer)
        let kind = kind(&fields)
        let payload = fields.object("payload", required: true)
        let queue = fields.text("queue", longest: Self.longestName) ?? kind?.queue ?? ""
        if kind != nil || fields.contains("queue"), !services.queues.contains(queue) {
            fields.refuse("queue", "must be one of \(services.queues.queues.joined(separator: ", "))")
        }
        // A draining queue is told apart from a wrong one: the same request may be made again later.
        if services.feed.settings(of: queue).isDraining { throw .draining(queue) }
        let lane = fields.text("lane", longest: LaneName.longest)
        if let lane, !LaneName.isValid(lane) { fields.refuse("lane", "must be letters, digits and the characters _.:@#/+-") }
        let priority = fields.integer("priority", in: Self.priorities) ?? 0
        let runAt = fields.time("runAt")
        let maxAttempts = fields.integer("maxAttempts", in: Self.attempts)
        let uniqueKey = fields.text("uniqueKey", longest: Self.longestUniqueKey)
        let uniqueFor = fields.integer("uniqueFor", in: Self.periods)
        if uniqueFor != nil, !fields.contains("uniqueKey") { fields.refuse("uniqueFor", "needs a uniqueKey") }
        let laneKey = fields.text("laneKey", longest: LaneName.longest)
        if let laneKey, !LaneName.isValid(laneKey) { fields.refuse("laneKey", "must be letters, digits and the characters _.:@#/+-") }
        let deadline = fields.integer("deadline", in: Self.deadlines)
        let notAfter = fields.time("notAfter")
        if let notAfter, let runAt, notAfter <= runAt { throw .neverRuns(at: fields.pointer(to: "notAfter")) }
        if let payload, payload.byteCount > BodyLimit.payload {
            throw .tooLarge("payload", limit: BodyLimit.payload, pointer: fields.pointer(to: "payload"))
        }
        if let kind, let payload, let complaint = services.registry.complaint(about: payload.text, for: kind) {
            faults.append(Self.fault(complaint, at: fields.pointer(to: "payload")))
        }
        faults += fields.faults
        guard let kind, let payload, fields.faults.isEmpty else { return nil }
        return NewJob(
            id: services.ids.next(), workspace: workspace, kind: kind.kind, queue: queue,
            lane: LaneName.stored(lane, workspace: workspace), priority: Int16(priority), payload: payload.text,
            maxAttempts: maxAttempts.map { Int32($0) } ?? Int32(clamping: kind.maxAttempts), runAt: runAt, uniqueKey: uniqueKey, trace: trace,
            laneKey: laneKey, deadline: deadline.map { $0 * 1_000_000 }, notAfter: notAfter, payloadVersion: Int16(clamping: kind.payloadVersion),
            uniqueFor: uniqueFor.map { $0 * 1_000_000 })
    }

    private func kind(_ fields: inout Fields) -> (any Job.Type)? {
        guard let name = fields.text("kind", required: true, longest: Self.longestName) else { return nil }
        if let type = services.registry[name], type.isPublic { return type }
        return fields.refused("kind", "must be one of \(services.registry.publicKinds.joined(separator: ", "))")
    }

    /// A complaint begins with the pointer to what is wrong inside the payload.
    static func fault(_ complaint: String, at pointer: String) -> Problem.Fault {
        guard complaint.hasPrefix("/"), let space = complaint.firstIndex(of: " ") else { return .body(pointer, complaint) }
        let inside = complaint[..<space]
        return .body(inside == "/" ? pointer : pointer + inside, String(complaint[space...].dropFirst()))
    }
}

extension Problem {
    static func neverRuns(at pointer: String) -> Problem {
        Problem(
            status: .conflict, code: "never_runs", detail: "The job would be cancelled before it may begin: notAfter must be after runAt.",
            faults: [.body(pointer, "must be after runAt")])
    }
}
