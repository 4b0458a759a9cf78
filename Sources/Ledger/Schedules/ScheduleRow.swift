import Postgres
package import Primitives

/// What becomes of occurrences whose time has passed unseen, because no scheduler ran. One that is less than `FiringPlan.tolerance` late was not missed.
package enum CatchUp: String, Sendable, CaseIterable {
    /// They are skipped.
    case none
    /// The latest of them fires.
    case latest
    /// All fire, the latest up to the schedule's limit.
    case all
}

/// What becomes of an occurrence while a job of an earlier one is still pending, waiting or running or between two attempts.
package enum Overlap: String, Sendable, CaseIterable {
    case allow
    /// It makes no job.
    case skip
    /// One occurrence waits until the earlier jobs have ended, others meanwhile make no job.
    case queueOne = "queue_one"
}

/// A schedule as its owner writes it: when, and which job.
package struct ScheduleDefinition: Sendable, Equatable {
    package var name: String
    package var cron: String
    package var timeZone: String
    package var kind: String
    package var queue: String
    /// As it is stored.
    package var lane: String
    package var priority: Int16
    package var payload: String
    package var maxAttempts: Int32
    package var catchUp: CatchUp
    /// Occurrences that `CatchUp.all` makes up for at most.
    package var catchUpLimit: Int32
    package var overlap: Overlap

    package init(
        name: String, cron: String, timeZone: String = "UTC", kind: String, queue: String, lane: String, priority: Int16 = 0, payload: String = "{}",
        maxAttempts: Int32, catchUp: CatchUp = .none, catchUpLimit: Int32 = 100, overlap: Overlap = .allow
    ) {
        self.name = name
        self.cron = cron
        self.timeZone = timeZone
        self.kind = kind
        self.queue = queue
        self.lane = lane
        self.priority = priority
        self.payload = payload
        self.maxAttempts = maxAttempts
        self.catchUp = catchUp
        self.catchUpLimit = catchUpLimit
        self.overlap = overlap
    }
}

/// A schedule with its state. Times are microseconds since 1970.
package struct ScheduleRow: Sendable {
    package var id: ScheduleID
    package var workspace: WorkspaceID
    package var definition: ScheduleDefinition
    package var isPaused: Bool
    package var pausedAt: Int64?
    package var pausedBy: String?
    package var pausedReason: String?
    /// The planned time that has not been dealt with; while paused, the one that the pause came before.
    package var nextAt: Int64?
    package var lastAt: Int64?
    package var heldAt: Int64?
    var openJobs: [JobID]
    package var createdAt: Int64
    package var updatedAt: Int64

    static let columns = """
        id, workspace_id, name, cron, time_zone, kind, queue, lane, priority, payload, max_attempts, catch_up, catch_up_limit, overlap, paused,
        paused_at, paused_by, paused_reason, next_at, last_at, held_at, open_jobs::text[], created_at, updated_at
        """
    static let columnCount = 24

    init(_ row: PostgresRow) throws {
        id = ScheduleID(try row.id(0))
        workspace = WorkspaceID(try row.id(1))
        definition = ScheduleDefinition(
            name: try row.text(2), cron: try row.text(3), timeZone: try row.text(4), kind: try row.text(5), queue: try row.text(6),
            lane: try row.text(7), priority: try row.int16(8), payload: try row.text(9), maxAttempts: try row.int32(10),
            catchUp: CatchUp(rawValue: try row.text(11)) ?? .none, catchUpLimit: try row.int32(12),
            overlap: Overlap(rawValue: try row.text(13)) ?? .allow)
        isPaused = try row.bool(14)
        pausedAt = try row.optionalTimestamp(15)
        pausedBy = try row.optionalText(16)
        pausedReason = try row.optionalText(17)
        nextAt = try row.optionalTimestamp(18)
        lastAt = try row.optionalTimestamp(19)
        heldAt = try row.optionalTimestamp(20)
        openJobs = try row.texts(21).compactMap { Identifier(uuid: $0).map(JobID.init) }
        createdAt = try row.timestamp(22)
        updatedAt = try row.timestamp(23)
    }
}
