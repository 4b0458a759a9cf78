import Postgres
package import Primitives

/// Which past deliveries or events of an endpoint are meant.
package struct ReplaySelection: Sendable, Equatable {
    package enum Choice: String, Sendable, CaseIterable {
        /// Deliveries that were given up. They are dead letters: each waits again as the same job, unless it goes to another URL.
        case failed
        /// Events of its types and its filter that never became a delivery for it: from before it was there, or while it was disabled.
        case missing
        /// Deliveries that ended, whatever became of them; of those that repeat one only the first.
        case all
    }

    package var endpoint: EndpointID
    package var choice: Choice
    /// Microseconds since 1970: from this time on, and before this time. Of the failed, when they died.
    package var since: Int64?
    package var until: Int64?
    package var eventTypes: [String]?
    package var state: JobState?

    package init(
        endpoint: EndpointID, choice: Choice, since: Int64? = nil, until: Int64? = nil, eventTypes: [String]? = nil, state: JobState? = nil
    ) {
        self.endpoint = endpoint
        self.choice = choice
        self.since = since
        self.until = until
        self.eventTypes = eventTypes
        self.state = state
    }
}

/// Many deliveries of one endpoint made anew, which the leader works off.
package struct Replay: Sendable {
    package typealias State = DeadLetterOperation.State

    package var id: ReplayID
    package var selection: ReplaySelection
    package var state: State
    package var author: String
    /// Nil: to the endpoint.
    package var url: String?
    /// Deliveries a second.
    package var rate: Int32?
    /// What there was to do when it began.
    package var total: Int64
    package var done: Int64
    /// Their bodies are not kept any more, or nothing is left of them to revive.
    package var skipped: Int64
    /// Of a failed one, for people.
    package var error: String?
    package var createdAt: Int64
    package var updatedAt: Int64
    package var endedAt: Int64?

    package var processed: Int64 { done + skipped }
    /// Whether the dead jobs themselves run again. To another URL their failure at the endpoint stays what it is.
    var revives: Bool { selection.choice == .failed && url == nil }

    static let columns = """
        id, endpoint_id, choice, state, author, since, until, event_types, job_state, url, rate, total, done, skipped, error, created_at, updated_at, ended_at
        """
    static let columnCount = 18

    init(_ row: PostgresRow) throws {
        id = ReplayID(try row.id(0))
        guard let choice = ReplaySelection.Choice(rawValue: try row.text(2)), let state = State(rawValue: try row.text(3)) else {
            throw PostgresError(.decoding, operation: "decode", message: "the replay has a choice or a state that this release does not know")
        }
        selection = ReplaySelection(
            endpoint: EndpointID(try row.id(1)), choice: choice, since: try row.optionalTimestamp(5), until: try row.timestamp(6),
            eventTypes: try row.optionalTexts(7), state: try row.optionalText(8).flatMap { JobState(rawValue: $0) })
        self.state = state
        author = try row.text(4)
        url = try row.optionalText(9)
        rate = try row.optionalInt32(10)
        total = try row.int64(11)
        done = try row.int64(12)
        skipped = try row.int64(13)
        error = try row.optionalText(14)
        createdAt = try row.timestamp(15)
        updatedAt = try row.timestamp(16)
        endedAt = try row.optionalTimestamp(17)
    }
}
