import CoreMetrics
import HTTPTypes
import Hummingbird
import Primitives
import Synchronization

/// Counts and times requests by route. A route is the template that matched, so that ids make no series, and a path that nobody knows is `unmatched`.
struct HTTPMetricsMiddleware: RouterMiddleware {
    private struct Key: Hashable {
        var method: String
        var route: String
        var status: Int
    }
    private final class Series: Sendable {
        let counters = Mutex<[Key: Counter]>([:])
        let timers = Mutex<[Key: CoreMetrics.Timer]>([:])
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private let series = Series()

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        let begun = ContinuousClock.now
        let response = try await next(request, context)
        let matched = context.endpointPath ?? ""
        note(
            method: Self.methods.contains(request.method.rawValue) ? request.method.rawValue : "other",
            route: matched.hasPrefix("/") ? matched : "unmatched", status: response.status.code, took: ContinuousClock.now - begun)
        return response
    }

    private func note(method: String, route: String, status: Int, took: Duration) {
        let labels = [("method", method), ("route", route)]
        let counter = series.counters.withLock { counters in
            let key = Key(method: method, route: route, status: status)
            if let known = counters[key] { return known }
            let made = Counter(label: "voicera_http_requests_total", dimensions: labels + [("status", String(status))])
            counters[key] = made
            return made
        }
        let timer = series.timers.withLock { timers in
            let key = Key(method: method, route: route, status: 0)
            if let known = timers[key] { return known }
            let made = CoreMetrics.Timer(label: "voicera_http_request_duration_seconds", dimensions: labels)
            timers[key] = made
            return made
        }
        counter.increment()
        timer.recordNanoseconds(took.nanoseconds)
    }
}
