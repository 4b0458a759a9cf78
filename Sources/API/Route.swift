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
    /// What the document says of it.
    let operation: Operation
    let handler: Handler
    /// The same operation at a second path: the document names the first.
    var isAlias = false

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

    /// Every POST that acts for a known caller. What OAuth's own endpoints do is repeated as their standards say.
    var takesIdempotencyKey: Bool {
        guard case .guarded = handler else { return false }
        return method == .post
    }
}

/// Which methods there are at which path, for requests that match no route.
struct RouteIndex: Sendable {
    private var entries: [(segments: [Substring], methods: Set<String>)] = []

    init(_ routes: [Route]) {
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let methods = Set(routes.map(\.method.rawValue))
            entries.append((path.split(separator: "/"), methods.union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"])))
        }
    }

    func problem(for request: Request) -> Problem {
        guard let allowed = methods(at: request.uri.path), !allowed.contains(request.method.rawValue) else { return .unknownRoute }
        return .methodNotAllowed(allowed)
    }

    /// Nil where there is nothing.
    func methods(at path: String) -> [String]? {
        let segments = path.split(separator: "/")
        // The router prefers words to ids, and so does this.
        return entries.filter { Self.matches($0.segments, segments) }.min { Self.ids($0.segments) < Self.ids($1.segments) }?.methods.sorted()
    }

    private static func matches(_ pattern: [Substring], _ path: [Substring]) -> Bool {
        pattern.count == path.count && zip(pattern, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    private static func ids(_ pattern: [Substring]) -> Int { pattern.count { $0.hasPrefix("{") } }
}
