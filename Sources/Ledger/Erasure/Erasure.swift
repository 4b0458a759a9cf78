import Postgres
package import Primitives

/// The removal of a person from what a workspace keeps, which the leader works off.
package struct Erasure: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case running, cancelled, done, failed
    }

    package var id: ErasureID
    package var state: State
    package var author: String
    package var kind: ErasureSubject.Kind
    /// It only counts.
    package var isDryRun: Bool
    /// JSON text of an object: rows with a mention, by place. Places that it has not come to are not in it.
    package var counts: String
    /// Jobs that waited and had a mention.
    package var jobsCancelled: Int64
    package var error: String?
    package var createdAt: Int64
    package var updatedAt: Int64
    package var endedAt: Int64?

    static let columns = "id, state, author, kind, dry_run, counts, jobs_cancelled, error, created_at, updated_at, ended_at"
    static let columnCount = 11

    init(_ row: PostgresRow) throws {
        id = ErasureID(try row.id(0))
        guard let state = State(rawValue: try row.text(1)), let kind = ErasureSubject.Kind(rawValue: try row.text(3)) else {
            throw PostgresError(.decoding, operation: "decode", message: "the erasure has a state or a kind that this release does not know")
        }
        (self.state, self.kind) = (state, kind)
        author = try row.text(2)
        isDryRun = try row.bool(4)
        counts = try row.text(5)
        jobsCancelled = try row.int64(6)
        error = try row.optionalText(7)
        createdAt = try row.timestamp(8)
        updatedAt = try row.timestamp(9)
        endedAt = try row.optionalTimestamp(10)
    }
}
