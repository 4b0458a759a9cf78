import HTTPTypes

/// What a request is counted as.
enum RouteClass: String, Sendable, Hashable, CaseIterable {
    case read
    case write
    /// Asking for work: jobs and events.
    case enqueue
    /// Proving who one is, and failing to: counted by address, not by credential.
    case authenticate

    /// Those that are counted by credential, and that a workspace may set.
    static let ofCredentials: [RouteClass] = [.read, .write, .enqueue]

    private static let enqueuing: Set<String> = ["/api/jobs", "/api/jobs/batch", "/api/events"]
    /// For load balancers, scrapes and clients that look for the way in; and a caller's question for their limits.
    private static let unlimited: Set<String> = ["/metrics", "/api/openapi.json", "/api/rate-limit"]

    /// Nil for routes that nobody is to be kept from.
    init?(of route: Route) {
        if Self.unlimited.contains(route.path) || route.path.hasPrefix("/api/health") || route.path.hasPrefix("/.well-known/") { return nil }
        if case .open = route.handler {
            self = .authenticate
        } else if route.method == .get || route.method == .head {
            self = .read
        } else {
            self = route.method == .post && Self.enqueuing.contains(route.path) ? .enqueue : .write
        }
    }
}
