/// All that a run has left to be judged.
package struct Evidence: Sendable {
    package var accepted = Accepted()
    package var ledger = LedgerFindings()
    /// What the receiver took, by `webhook-id`.
    package var arrivals: [String: [Arrival]] = [:]
    package var faults: [FaultRecord] = []
    package var crashes: [String] = []
    /// How late the machine was at the latest with what it was asked to do at once: it says whether the figures mean anything.
    package var longestStall = Duration.zero
    /// When the load ended.
    package var loadEnded = Duration.zero

    package init() {}
}
