import Ledger
import Queue
import Synchronization

/// Tells the index what operators changed: everything at the beginning of a lead, then what has changed since it last succeeded.
final class SettingsDuty: Sendable {
    private struct State {
        var term: LeaderTerm?
        var last: ContinuousClock.Instant?
    }

    private let keeper: IndexKeeper
    private let state = Mutex(State())
    /// Said again for so long: a change is dated by the beginning of its transaction.
    private static let overlap = Duration.seconds(15)

    init(keeper: IndexKeeper) { self.keeper = keeper }

    func run(term: LeaderTerm) async throws {
        let begun = ContinuousClock.now
        let last = state.withLock { $0.term == term ? $0.last : nil }
        try await keeper.applySettings(changedWithin: last.map { begun - $0 + Self.overlap })
        state.withLock { $0 = State(term: term, last: begun) }
    }
}
