/// What holds the jobs of a lane back. Nil where the lane has nothing of its own: the queue's default counts.
package struct LaneLimits: Sendable, Equatable {
    /// Microseconds between two jobs; 0 for no rate.
    package var interval: Int64?
    /// Jobs that may start together when the lane has been idle; at least 1.
    package var burst: Int32?
    /// Jobs that may run at once; 0 for no limit.
    package var concurrency: Int32?
    /// One job at a time, the oldest one first, until it has ended: its retries hold the lane.
    package var isStrict: Bool?

    package init(interval: Int64? = nil, burst: Int32? = nil, concurrency: Int32? = nil, isStrict: Bool? = nil) {
        self.interval = interval
        self.burst = burst
        self.concurrency = concurrency
        self.isStrict = isStrict
    }
}

/// The same for a queue, where every limit has a value.
package struct LaneDefaults: Sendable, Equatable {
    package var interval: Int64
    package var burst: Int32
    package var concurrency: Int32
    package var isStrict: Bool

    package init(interval: Int64 = 0, burst: Int32 = 1, concurrency: Int32 = 0, isStrict: Bool = false) {
        self.interval = interval
        self.burst = burst
        self.concurrency = concurrency
        self.isStrict = isStrict
    }

    /// What counts for a lane.
    package func with(_ limits: LaneLimits) -> LaneDefaults {
        LaneDefaults(
            interval: limits.interval ?? interval, burst: limits.burst ?? burst, concurrency: limits.concurrency ?? concurrency,
            isStrict: limits.isStrict ?? isStrict)
    }
}
