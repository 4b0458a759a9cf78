package import Primitives

/// Limits and parking of a lane as the ledger keeps them.
package struct LaneSettings: Sendable, Equatable {
    package var lane: String
    package var limits: LaneLimits
    /// 0: not parked; -1: until un-parked; else microseconds from now.
    package var parked: Int64
    package var parkedReason: String?
    /// Who parked it: an API key, `cli`, or a part of the system.
    package var parkedBy: String?
    /// The cause of the hold that ends last, `LaneHold.Cause`.
    package var parkedCause: String?

    package init(
        lane: String, limits: LaneLimits = LaneLimits(), parked: Int64 = 0, parkedReason: String? = nil, parkedBy: String? = nil, parkedCause: String? = nil
    ) {
        self.lane = lane
        self.limits = limits
        self.parked = parked
        self.parkedReason = parkedReason
        self.parkedBy = parkedBy
        self.parkedCause = parkedCause
    }
}

/// A lane and whose it is.
package struct LanePlace: Sendable, Hashable {
    package var queue: String
    /// As the ledger and the index name it.
    package var lane: String
    package var workspace: WorkspaceID

    package init(queue: String, lane: String, workspace: WorkspaceID) {
        self.queue = queue
        self.lane = lane
        self.workspace = workspace
    }
}
