package import Primitives

/// How an endpoint has been answering, and what was done about it. Times are microseconds since 1970, by the ledger's clock.
package struct EndpointHealth: Sendable, Equatable {
    package enum Circuit: String, Sendable {
        case closed
        /// Nothing is sent.
        case open
        /// The next answers decide.
        case halfOpen = "half_open"
    }

    package var endpoint: EndpointID
    package var workspace: WorkspaceID
    /// The endpoint's own.
    package var status: String
    package var successes: Int64 = 0
    package var failures: Int64 = 0
    package var lastSuccessAt: Int64?
    package var lastFailureAt: Int64?
    /// The first failure after the last success.
    package var failingSince: Int64?
    package var failuresSinceSuccess: Int32 = 0
    package var circuit = Circuit.closed
    package var circuitUntil: Int64?
    /// Openings of the circuit since it last stayed closed for a window.
    package var trips: Int32 = 0
    package var windowSince: Int64
    package var windowSuccesses: Int64 = 0
    package var windowFailures: Int64 = 0
    /// The highest warning that was given in this failing stretch, in percent.
    package var warned: Int16 = 0
    /// Since when deliveries of it were given up without a success after it.
    package var exhaustedAt: Int64?
    package var certificateExpiresAt: Int64?
    /// The expiry that was told of.
    package var certificateTold: Int64?
    /// When it was read.
    package var now: Int64

    package init(endpoint: EndpointID, workspace: WorkspaceID, status: String = "active", now: Int64) {
        self.endpoint = endpoint
        self.workspace = workspace
        self.status = status
        windowSince = now
        self.now = now
    }

    static let columns = """
        h.endpoint_id, h.workspace_id, e.status, h.successes, h.failures, h.last_success_at, h.last_failure_at, h.failing_since, h.failures_since_success,
        h.circuit, h.circuit_until, h.trips, h.window_since, h.window_successes, h.window_failures, h.warned, h.exhausted_at, h.certificate_expires_at,
        h.certificate_told, now()
        """
}

/// What a worker has seen of an endpoint since it last said so. Ages are microseconds before it is written, so that no worker's clock counts.
package struct EndpointTally: Sendable {
    package var endpoint: EndpointID
    package var workspace: WorkspaceID
    package var successes: Int64 = 0
    package var failures: Int64 = 0
    package var lastSuccessAge: Int64?
    package var lastFailureAge: Int64?
    /// Of the first failure after the last success.
    package var failingAge: Int64?
    package var failuresSinceSuccess: Int32 = 0
    /// Microseconds since 1970.
    package var certificateExpiresAt: Int64?

    package init(endpoint: EndpointID, workspace: WorkspaceID) {
        self.endpoint = endpoint
        self.workspace = workspace
    }
}
