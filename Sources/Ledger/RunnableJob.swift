package import Primitives

/// A job as a worker runs it: what the envelope carries, or what the ledger answers when there is none.
package struct RunnableJob: Sendable, Equatable {
    package var id: JobID
    package var workspace: WorkspaceID
    package var kind: String
    package var lane: String
    package var priority: Int16
    package var payload: String
    package var attempt: Int32
    package var failures: Int32
    package var maxAttempts: Int32
    /// Trace context of what asked for the job, as `TraceContext.stored`.
    package var trace: String?
    package var laneKey: String?
    /// Microseconds that one attempt may take; nil: as the kind says.
    package var deadline: Int64?
    package var payloadVersion: Int16
    /// The span of this run, a child of `trace`; the runner makes one for each attempt.
    package var span: TraceContext?
    /// Microseconds between when it was due and when the ledger was asked about it, by the ledger's clock. Nil for a first-hand job: it was not asked.
    package var waited: Int64?
    /// Microseconds since it was accepted, by the ledger's clock. Nil for a first-hand job, which is new.
    package var age: Int64?

    package init(
        id: JobID, workspace: WorkspaceID, kind: String, lane: String, priority: Int16, payload: String, attempt: Int32, failures: Int32,
        maxAttempts: Int32, trace: String?, laneKey: String? = nil, deadline: Int64? = nil, payloadVersion: Int16 = 1
    ) {
        self.id = id
        self.workspace = workspace
        self.kind = kind
        self.lane = lane
        self.priority = priority
        self.payload = payload
        self.attempt = attempt
        self.failures = failures
        self.maxAttempts = maxAttempts
        self.trace = trace
        self.laneKey = laneKey
        self.deadline = deadline
        self.payloadVersion = payloadVersion
    }

    package init(_ job: NewJob) {
        self.init(
            id: job.id, workspace: job.workspace, kind: job.kind, lane: job.lane, priority: job.priority, payload: job.payload, attempt: 1,
            failures: 0, maxAttempts: job.maxAttempts, trace: job.trace, laneKey: job.laneKey, deadline: job.deadline, payloadVersion: job.payloadVersion)
    }
}
