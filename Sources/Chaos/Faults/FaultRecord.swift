/// A fault as it happened.
package struct FaultRecord: Sendable {
    package var fault: PlannedFault
    package var startedAt: Duration
    package var healedAt: Duration
    /// The workers it hit, each with the number of its life: `worker-1#2`.
    package var workers: [String]
    /// Why it was left out.
    package var skipped: String?

    package init(fault: PlannedFault, startedAt: Duration, healedAt: Duration, workers: [String] = [], skipped: String? = nil) {
        self.fault = fault
        self.startedAt = startedAt
        self.healedAt = healedAt
        self.workers = workers
        self.skipped = skipped
    }

    /// An outage of the index that is shorter leaves every lease alive: renewed every 2 s, it lasts 8 s.
    private static let leaseIsSafe = Duration.seconds(5)
    /// Work of before may still be under way when the fault comes, and what a lease held runs again when it has ended.
    private static let before = Duration.seconds(15)
    private static let aftermath = Duration.seconds(12)

    /// Law 4 lets a delivery come twice when a worker died or was cut off from the index for as long as its lease. Nothing else repeats.
    package var mayRepeat: Bool {
        guard skipped == nil else { return false }
        switch fault.kind {
        case .workerKill, .workerStop: return true
        case .redisHang, .diskFull: return healedAt - startedAt >= Self.leaseIsSafe
        case .cut, .hole, .tear, .delay, .slow: return fault.stores.contains(.redis) && healedAt - startedAt >= Self.leaseIsSafe
        default: return false
        }
    }

    /// Whether deliveries may stop for it. Without an API they go on.
    var holdsDeliveriesUp: Bool {
        skipped == nil && fault.kind != .apiKill && (fault.processes.isEmpty || fault.processes.contains { Role(ofProcess: $0) != .api })
    }

    /// Whether it accounts for a delivery that this worker sent first and that came again later. A worker that is not known may be any that was hit.
    func explains(_ worker: String?, from first: Duration, to second: Duration) -> Bool {
        guard mayRepeat, startedAt <= second, healedAt + Self.aftermath >= first, first >= startedAt - Self.before else { return false }
        return fault.processes.isEmpty || worker.map(workers.contains) ?? !workers.isEmpty
    }
}
