import CoreMetrics
import Synchronization

/// What the limits tell of themselves. Handles are made when first needed, in the process that observes.
final class RateCounters: Sendable {
    private let passed = Mutex<Counter?>(nil)
    private let refusals = Mutex<[RouteClass: Counter]>([:])

    /// A request was let through because nobody could count it.
    func unavailable() {
        let counter = passed.withLock { known in
            let counter = known ?? Counter(label: "voicera_rate_limit_unavailable_total")
            known = counter
            return counter
        }
        counter.increment()
    }

    func refused(_ routes: RouteClass) {
        let counter = refusals.withLock { known in
            let counter = known[routes] ?? Counter(label: "voicera_rate_limited_total", dimensions: [("class", routes.rawValue)])
            known[routes] = counter
            return counter
        }
        counter.increment()
    }
}
