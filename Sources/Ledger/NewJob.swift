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
    /// Trace context of the request that asked for the job, as `TraceContext.stored`.
    package var trace: String?
    /// Jobs of the lane with the same key run one after another, in the lane's order.
    package var laneKey: String?
    /// Microseconds that one attempt may take; nil: as the kind says.
    package var deadline: Int64?
    /// Microseconds since 1970: a job that has not started by then is cancelled.
    package var notAfter: Int64?
    /// Of the payload, as its kind counts them.
    package var payloadVersion: Int16
    /// Microseconds by the ledger's clock that the unique key stays taken, even when the job has ended; nil: until it has ended.
    package var uniqueFor: Int64?
    /// Jobs of the same request that have to succeed first.
    package var blockedBy: Int32 = 0
    /// Whether jobs of the same request wait for this one.
    package var hasFollowers = false

    package init(
        id: JobID, workspace: WorkspaceID, kind: String, queue: String, lane: String, priority: Int16 = 0, payload: String, maxAttempts: Int32,
        runAt: Int64? = nil, uniqueKey: String? = nil, trace: String? = nil, laneKey: String? = nil, deadline: Int64? = nil,
        notAfter: Int64? = nil, payloadVersion: Int16 = 1, uniqueFor: Int64? = nil
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
        self.laneKey = laneKey
        self.deadline = deadline
        self.notAfter = notAfter
        self.payloadVersion = payloadVersion
        self.uniqueFor = uniqueFor
    }

    /// Due at once and free of everything that a bare INSERT cannot take.
    var isPlain: Bool {
        uniqueKey == nil && runAt == nil && laneKey == nil && deadline == nil && notAfter == nil && blockedBy == 0 && !hasFollowers
    }
}

/// What became of one job of an enqueue.
package struct AcceptedJob: Sendable, Equatable {
    /// The new job's id, or that of the one that has the same unique key: a pending one, or one whose period is not over.
    package var id: JobID
    package var isDuplicate: Bool
    /// Time until it may run, in microseconds by the ledger's clock; 0 for at once.
    package var delay: Int64
    /// It waits for other jobs: there is nothing to tell the index yet.
    package var isBlocked = false

    package init(id: JobID, isDuplicate: Bool, delay: Int64) {
        self.id = id
        self.isDuplicate = isDuplicate
        self.delay = delay
    }
}
