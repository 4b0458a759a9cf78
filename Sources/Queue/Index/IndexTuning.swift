/// The index's numbers. The same in every process of a fleet.
package struct IndexTuning: Sendable {
    /// Ids a lane holds in Redis at most; the rest of its backlog stays in the ledger (law 5).
    package var window = 1000
    /// Entries of a shard's due set at most; what does not fit is promoted by the scheduler, up to two seconds late.
    package var mostDue = 10_000
    /// Jobs of a killed worker run elsewhere after this and the next beat of anyone.
    package var lease = Duration.seconds(8)
    /// A worker with nothing else to say renews its lease this often.
    package var beat = Duration.seconds(2)

    package init() {}
}
