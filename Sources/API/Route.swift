import HTTPTypes
import Hummingbird
import Identity

/// One operation of the API.
struct Route: Sendable {
    enum Handler: Sendable {
        case open(@Sendable (Request, APIContext) async throws -> Response)
        /// For callers with any of the scopes.
        case guarded([Scope], @Sendable (Call) async throws -> Response)
    }

    let method: HTTPRequest.Method
    /// With `{id}` where the path has one.
    let path: String
    let handler: Handler
    var operation: Operation?

    init(
        _ method: HTTPRequest.Method, _ path: String, _ operation: Operation, _ scopes: Scope...,
        handler: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.handler = .guarded(scopes, handler)
    }

    /// - Parameter scopes: any of these is enough.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ operation: Operation, any scopes: [Scope],
        handler: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.handler = .guarded(scopes, handler)
    }

    /// For everybody.
    init(
        openly method: HTTPRequest.Method, _ path: String, _ operation: Operation,
        handler: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.handler = .open(handler)
    }

    init(_ method: HTTPRequest.Method, _ path: String, _ scopes: Scope..., handler: @escaping @Sendable (Call) async throws -> Response) {
        self.method = method
        self.path = path
        self.handler = .guarded(scopes, handler)
    }

    init(openly method: HTTPRequest.Method, _ path: String, handler: @escaping @Sendable (Request) async throws -> Response) {
        self.method = method
        self.path = path
        self.handler = .open { request, _ in try await handler(request) }
    }
}

/// Which methods there are at which path, for requests that match no route.
struct RouteIndex: Sendable {
    private var entries: [(segments: [Substring], methods: Set<String>)] = []

    init(_ routes: [Route]) {
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let methods = Set(routes.map(\.method.rawValue))
            entries.append((path.split(separator: "/"), methods.contains("GET") ? methods.union(["HEAD"]) : methods))
        }
    }

    func problem(for request: Request) -> Problem {
        let segments = request.uri.path.split(separator: "/")
        // The router prefers words to ids, and so does this.
        let allowed = entries.filter { Self.matches($0.segments, segments) }.min { Self.ids($0.segments) < Self.ids($1.segments) }?.methods
        guard let allowed, !allowed.contains(request.method.rawValue) else { return .unknownRoute }
        return .methodNotAllowed(allowed.sorted())
    }

    private static func matches(_ pattern: [Substring], _ path: [Substring]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    private static func ids(_ pattern: [Substring]) -> Int { pattern.count { $0.hasPrefix("{") } }
}
