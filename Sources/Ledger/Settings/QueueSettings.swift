/// What operators set for a queue, as the ledger keeps it.
package struct QueueSettings: Sendable, Equatable {
    package var queue: String
    /// A process shares its attempts among queues of one priority by weight.
    package var weight: Int32
    /// A higher one goes first, whatever the weights.
    package var priority: Int32
    /// Attempts at once in the whole fleet; 0 for no limit.
    package var concurrency: Int32
    /// Attempts at once in one process; 0 for what the process was started with.
    package var processConcurrency: Int32
    /// 0: not paused; -1: until resumed; else microseconds from now.
    package var paused: Int64
    package var pausedReason: String?
    package var pausedBy: String?
    /// Takes no new jobs; what it has runs to its end.
    package var isDraining: Bool
    package var laneDefaults: LaneDefaults

    package init(
        queue: String, weight: Int32 = 1, priority: Int32 = 0, concurrency: Int32 = 0, processConcurrency: Int32 = 0, paused: Int64 = 0,
        pausedReason: String? = nil, pausedBy: String? = nil, isDraining: Bool = false, laneDefaults: LaneDefaults = LaneDefaults()
    ) {
        self.queue = queue
        self.weight = weight
        self.priority = priority
        self.concurrency = concurrency
        self.processConcurrency = processConcurrency
        self.paused = paused
        self.pausedReason = pausedReason
        self.pausedBy = pausedBy
        self.isDraining = isDraining
        self.laneDefaults = laneDefaults
    }
}
