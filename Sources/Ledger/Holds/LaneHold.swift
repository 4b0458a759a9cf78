/// Something that keeps a lane from running: its jobs wait without spending an attempt. A lane may be held for several causes at once; it runs when the
/// last of them is over.
package struct LaneHold: Sendable, Equatable {
    package enum Cause: String, Sendable, CaseIterable {
        /// Somebody paused the lane.
        case `operator`
        /// The receiver asked for patience.
        case throttle
        /// Too many of an endpoint's attempts failed.
        case circuit
        /// The endpoint is disabled.
        case disabled
        /// The endpoint is paused.
        case paused
        /// The integration has to be connected again.
        case reauth
    }

    package var cause: Cause
    /// -1: until it is released; else microseconds from now.
    package var remaining: Int64
    package var reason: String
    /// An API key, `cli`, or a part of the system.
    package var by: String
    /// Microseconds since 1970.
    package var since: Int64
}
