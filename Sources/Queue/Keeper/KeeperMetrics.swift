import CoreMetrics
import Primitives

/// Rebuilds, as the leader did them.
struct KeeperMetrics: Sendable {
    private let rebuilds = Counter(label: "voicera_index_rebuilds_total")
    private let time = CoreMetrics.Timer(label: "voicera_index_rebuild_seconds")

    func rebuilt(_ shards: Int, since begun: ContinuousClock.Instant) {
        rebuilds.increment(by: shards)
        time.recordNanoseconds((ContinuousClock.now - begun).nanoseconds)
    }
}
