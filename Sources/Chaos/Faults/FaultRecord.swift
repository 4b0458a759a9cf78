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
    /// A lease ends late, its jobs run again later still, and a zombie's deliveries may have waited with it.
    private static let aftermath = Duration.seconds(20)

    /// Law 4 lets a delivery come twice when a worker died or was cut off from the index for as long as its lease. Nothing else does.
    package var mayRepeat: Bool {
        guard skipped == nil else { return false }
        switch fault.kind {
        case .workerKill, .workerStop: return true
        case .redisHang, .diskFull: return healedAt - startedAt >= Self.leaseIsSafe
        case .cut, .hole, .tear, .delay, .slow: return fault.stores.contains(.redis) && healedAt - startedAt >= Self.leaseIsSafe
        default: return false
        }
    }

    /// Whether it accounts for a delivery that this worker sent first and that came again later. A worker that is not known may be any that was hit.
    func explains(_ worker: String?, from first: Duration, to second: Duration) -> Bool {
        guard mayRepeat, startedAt <= second, healedAt + Self.aftermath >= first else { return false }
        return fault.processes.isEmpty || worker.map(workers.contains) ?? !workers.isEmpty
    }
}
