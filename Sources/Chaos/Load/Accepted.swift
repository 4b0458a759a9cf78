package import Primitives

/// Everything that was answered with 202: the promise that the run is about.
package struct Accepted: Sendable {
    package struct Event: Sendable {
        package var at: Duration
        /// As the answer had it.
        package var deliveries: Int

        package init(at: Duration, deliveries: Int) {
            self.at = at
            self.deliveries = deliveries
        }
    }

    /// Since when each is accepted, by id and by key.
    package var jobs: [JobID: Duration] = [:]
    package var events: [String: Event] = [:]
    package var requests = 0
    /// Requests that were sent again as no answer came, or one that asked for it.
    package var repeats = 0
    /// Requests that were never answered with 202.
    package var unanswered = 0
    /// Answers that no fault accounts for: what was sent was right.
    package var refusals: [String] = []

    package init() {}
}
