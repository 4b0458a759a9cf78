import Primitives
import Synchronization

/// What a receiver of the bench has seen, as its process prints it at its end.
struct ReceiverTally: Codable, Sendable {
    var total = 0
    /// By `webhook-id`.
    var distinct = 0
    /// Ids that were answered with 200.
    var delivered = 0
    /// Ids that never were.
    var refused = 0
    /// Requests by path, where it is another than the usual one.
    var paths: [String: Arrivals] = [:]

    /// Enough to tell a rate, and whether it was kept.
    struct Arrivals: Codable, Sendable {
        var count = 0
        /// Seconds between the first and the last.
        var seconds = 0.0
        /// The most that came within any second.
        var mostInASecond = 0
    }
}

/// Every request that came. About a hundred bytes an id, in the receiver's process.
final class ReceptionLog: Sendable {
    private struct State {
        var total = 0
        var delivered: Set<String> = []
        var refused: Set<String> = []
        var arrivals: [String: [ContinuousClock.Instant]] = [:]
    }

    private let state = Mutex(State())

    func note(_ id: String, status: Int, path: String?) {
        state.withLock { state in
            state.total += 1
            if status == 200 {
                state.delivered.insert(id)
                if !state.refused.isEmpty { state.refused.remove(id) }
            } else if !state.delivered.contains(id) {
                state.refused.insert(id)
            }
            if let path { state.arrivals[path, default: []].append(.now) }
        }
    }

    var tally: ReceiverTally {
        state.withLock { state in
            ReceiverTally(
                total: state.total, distinct: state.delivered.count + state.refused.count, delivered: state.delivered.count,
                refused: state.refused.count, paths: state.arrivals.mapValues(Self.rate))
        }
    }

    private static func rate(_ times: [ContinuousClock.Instant]) -> ReceiverTally.Arrivals {
        guard let first = times.first, let last = times.last else { return ReceiverTally.Arrivals() }
        var most = 0
        var start = 0
        for (index, time) in times.enumerated() {
            while time - times[start] >= .seconds(1) { start += 1 }
            most = max(most, index - start + 1)
        }
        return ReceiverTally.Arrivals(count: times.count, seconds: (last - first).seconds, mostInASecond: most)
    }
}
