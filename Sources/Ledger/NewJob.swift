package import Primitives

/// A job as it is accepted: what the ledger stores, before anything has run.
package struct NewJob: Sendable {
    package var id: JobID
    package var workspace: WorkspaceID
    /// Wire name of the kind, such as `webhook.deliver`.
    package var kind: String
    package var queue: String
    package var lane: String
    /// Lower runs first within a lane.
    package var priority: Int16
    /// JSON text, kept to the byte.
    package var payload: String
    package var maxAttempts: Int32
    /// Microseconds since 1970; nil or in the past: now.
    package var runAt: Int64?
    /// At most one pending job of a kind has it in a workspace.
    package var uniqueKey: String?
    /// W3C traceparent of the request that asked for the job.
    package var trace: String?

    package init(
        id: JobID, workspace: WorkspaceID, kind: String, queue: String, lane: String, priority: Int16 = 0, payload: String, maxAttempts: Int32,
        runAt: Int64? = nil, uniqueKey: String? = nil, trace: String? = nil
    ) {
        self.id = id
        self.workspace = workspace
        self.kind = kind
        self.queue = queue
        self.lane = lane
        self.priority = priority
        self.payload = payload
        self.maxAttempts = maxAttempts
        self.runAt = runAt
        self.uniqueKey = uniqueKey
        self.trace = trace
    }
}

/// What became of one job of an enqueue.
package struct AcceptedJob: Sendable, Equatable {
    /// The new job's id, or that of the pending one that has the same unique key.
    package var id: JobID
    package var isDuplicate: Bool
    /// Time until it may run, in microseconds by the ledger's clock; 0 for at once.
    package var delay: Int64

    package init(id: JobID, isDuplicate: Bool, delay: Int64) {
        self.id = id
        self.isDuplicate = isDuplicate
        self.delay = delay
    }
}
