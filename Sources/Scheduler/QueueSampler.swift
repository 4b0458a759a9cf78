import Ledger
import Postgres
import Primitives
import Synchronization

/// Samples depth and lag of the queues, as the leader. What a sample costs grows with what waits, so it rests after each in proportion: counting never
/// takes more than a twentieth of one processor of the ledger's.
final class QueueSampler: Sendable {
    private let table: QueueSampleTable
    private let queues: [String]
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let restsUntil: Mutex<ContinuousClock.Instant>

    /// Between two samples when counting takes no time to speak of.
    static let pause = Duration.seconds(10)
    private static let restPerWork = 20
    /// A count that takes longer is given up: a snapshot that is held for long keeps the ledger from cleaning up.
    private static let longest = Duration.seconds(20)

    init(pool: PostgresPool, queues: [String], clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        table = QueueSampleTable(pool: pool)
        self.queues = queues
        self.clock = clock
        restsUntil = Mutex(clock())
    }

    /// Takes a sample, unless the last one was so dear that it is not time yet.
    func sample(term: LeaderTerm) async throws {
        let begun = clock()
        guard restsUntil.withLock({ $0 <= begun }) else { return }
        // Also after a failure: one that was given up has cost the most.
        defer { restsUntil.withLock { $0 = Self.rest(after: clock() - begun, at: clock()) } }
        try await table.store(try await table.count(queues: queues, within: Self.longest), term: term)
    }

    static func rest(after work: Duration, at now: ContinuousClock.Instant) -> ContinuousClock.Instant { now + work * restPerWork }
}
