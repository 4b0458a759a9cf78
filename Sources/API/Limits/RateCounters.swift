import CoreMetrics
import Synchronization

/// What the limits tell of themselves. Handles are made with the first request, in the process that observes, all at once: a limit that nobody has met
/// yet is a zero, not a gap.
final class RateCounters: Sendable {
    private struct Handles {
        let passed = Counter(label: "voicera_rate_limit_unavailable_total")
        let refused = Dictionary(
            uniqueKeysWithValues: RouteClass.allCases.map { ($0, Counter(label: "voicera_rate_limited_total", dimensions: [("class", $0.rawValue)])) })
    }

    private let handles = Mutex<Handles?>(nil)

    func prepare() { _ = made() }

    /// A request was let through because nobody could count it.
    func unavailable() { made().passed.increment() }

    func refused(_ routes: RouteClass) { made().refused[routes]?.increment() }

    private func made() -> Handles {
        handles.withLock { known in
            let handles = known ?? Handles()
            known = handles
            return handles
        }
    }
}
