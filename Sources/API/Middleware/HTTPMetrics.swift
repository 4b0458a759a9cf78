import CoreMetrics
import Primitives
import Synchronization

/// Counts and times requests by route. A route is the template that matched, so that ids make no series, and a path that nobody knows is `unmatched`.
struct HTTPMetrics: Sendable {
    private struct Route: Hashable {
        var method: String
        var template: String

        var labels: [(String, String)] { [("method", method), ("route", template)] }
    }
    private struct Key: Hashable {
        var route: Route
        var status: Int
    }
    private struct Known {
        var counters: [Key: Counter] = [:]
        var timers: [Route: CoreMetrics.Timer] = [:]

        mutating func counter(_ key: Key) -> Counter {
            if let counter = counters[key] { return counter }
            let made = Counter(label: "voicera_http_requests_total", dimensions: key.route.labels + [("status", String(key.status))])
            counters[key] = made
            return made
        }

        mutating func timer(_ route: Route) -> CoreMetrics.Timer {
            if let timer = timers[route] { return timer }
            let made = CoreMetrics.Timer(label: "voicera_http_request_duration_seconds", dimensions: route.labels)
            timers[route] = made
            return made
        }
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private let known = KnownSeries()

    private final class KnownSeries: Sendable {
        let state = Mutex(Known())
    }

    /// - Parameter template: of the route that matched; nil for none.
    func note(method: String, template: String?, status: Int, took: Duration) {
        let route = Route(method: Self.methods.contains(method) ? method : "other", template: template ?? "unmatched")
        let (counter, timer) = known.state.withLock { known in
            (known.counter(Key(route: route, status: status)), known.timer(route))
        }
        counter.increment()
        timer.recordNanoseconds(took.nanoseconds)
    }
}
