import Postgres
package import Primitives

/// A replay or a discard of many dead letters, which the leader works off.
package struct DeadLetterOperation: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case running, paused, cancelled, done, failed

        /// Neither at its end nor given up.
        package var isOpen: Bool { self == .running || self == .paused }
    }

    package var id: DeadLetterOperationID
    package var action: DeadLetterMove
    package var state: State
    package var author: String
    /// Nil for a filter.
    package var ids: [JobID]?
    package var filter: DeadLetterFilter
    /// Jobs a second, and in all.
    package var rate: Int32?
    package var limit: Int64?
    /// Jobs that there were to move when it began.
    package var total: Int64
    package var done: Int64
    /// Looked at and left dead: their unique key is taken.
    package var skipped: Int64
    /// Of a failed one, for people.
    package var error: String?
    package var createdAt: Int64
    package var updatedAt: Int64
    package var endedAt: Int64?

    package var processed: Int64 { done + skipped }

    static let columns = """
        id, action, state, author, job_ids, \(DeadLetterFilter.columns), rate, most, total, done, skipped, error, created_at, updated_at, ended_at
        """
    static let columnCount = 14 + DeadLetterFilter.parameterCount

    init(_ row: PostgresRow) throws {
        id = DeadLetterOperationID(try row.id(0))
        guard let action = DeadLetterMove(rawValue: try row.text(1)), let state = State(rawValue: try row.text(2)) else {
            throw PostgresError(.decoding, operation: "decode", message: "the operation has an action or a state that this release does not know")
        }
        (self.action, self.state) = (action, state)
        author = try row.text(3)
        ids = try row.optionalIDs(4)?.map { JobID($0) }
        filter = try DeadLetterFilter(row, from: 5)
        let next = 5 + DeadLetterFilter.parameterCount
        rate = try row.optionalInt32(next)
        limit = try row.optionalInt64(next + 1)
        total = try row.int64(next + 2)
        done = try row.int64(next + 3)
        skipped = try row.int64(next + 4)
        error = try row.optionalText(next + 5)
        createdAt = try row.timestamp(next + 6)
        updatedAt = try row.timestamp(next + 7)
        endedAt = try row.optionalTimestamp(next + 8)
    }
}
