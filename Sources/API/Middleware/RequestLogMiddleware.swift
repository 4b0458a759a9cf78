import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// A line of the integration log for each request. It is handed over and the answer goes out: nothing here waits for the ledger.
struct RequestLogMiddleware: RouterMiddleware {
    let log: LogWriter
    let policies: LogPolicyFeed

    private static let longestPath = 500
    /// What asks every few seconds would be most of the log.
    private static let silent = ["/api/health", "/metrics"]
    /// Their bodies are made of credentials.
    private static let withoutBodies = ["/api/oauth", "/api/keys"]

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        let path = request.uri.path
        if Self.isBelow(Self.silent, path) { return try await next(request, context) }
        let begun = ContinuousClock.now
        let response = try await next(request, context)
        let took = ContinuousClock.now - begun
        let caller = context.caller.known
        let status = response.status.code
        var line = LogLine(source: .request, workspace: caller?.workspace, outcome: Self.outcome(status), duration: took)
        line.status = Int32(status)
        line.errorClass = context.caller.problem
        line.method = String(request.method.rawValue.prefix(Self.longestMethod))
        if let route = context.endpointPath, route.hasPrefix("/") { line.route = route }
        line.path = Self.shown(path)
        line.principal = caller?.principal.description
        if case .user(_, let client)? = caller?.principal { line.details = "{\"client\":\"\(client)\"}" }
        line.address = context.address?.description
        line.requestID = context.requestID
        line.trace = context.trace
        if let caller, let policy = policies.policy(of: caller.workspace), policy.keepsBodies(status: status), !Self.isBelow(Self.withoutBodies, path) {
            line.bodies = LogLine.Bodies(request: context.caller.body, response: await BodyCopy.of(response), redaction: policy.redaction)
        }
        log.append(line)
        return response
    }

    private static let longestMethod = 20

    private static func outcome(_ status: Int) -> String { status >= 500 ? "failed" : status >= 400 ? "refused" : "answered" }

    private static func isBelow(_ places: [String], _ path: String) -> Bool {
        places.contains { path.hasPrefix($0) && (path.utf8.count == $0.utf8.count || path.dropFirst($0.count).first == "/") }
    }

    /// Without segments that look like a key: somebody may have put one where an id belongs.
    private static func shown(_ path: String) -> String {
        let short = path.utf8.count > longestPath ? String(path.prefix(longestPath)) : path
        guard SecretText.isLikely(short) else { return short }
        return short.split(separator: "/", omittingEmptySubsequences: false).map { SecretText.isLikely(String($0)) ? "[redacted]" : String($0) }.joined(separator: "/")
    }
}
