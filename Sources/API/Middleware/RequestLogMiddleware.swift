import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// A line of the integration log for each request. It is handed over and the answer goes out: nothing here waits for the ledger.
struct RequestLogMiddleware: RouterMiddleware {
    let log: LogWriter

    private static let longestMethod = 20
    /// What asks every few seconds would be most of the log.
    private static let silent = ["/api/health", "/metrics"]

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        let path = request.uri.path
        if path.isBelow(Self.silent) { return try await next(request, context) }
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
        line.path = PathText.shown(path)
        line.principal = caller?.principal.description
        if case .user(_, let client)? = caller?.principal { line.details = "{\"client\":\"\(client)\"}" }
        line.address = context.address?.description
        line.requestID = context.requestID
        line.trace = context.trace
        line.bodies = context.caller.bodies
        log.append(line)
        return response
    }

    private static func outcome(_ status: Int) -> String { status >= 500 ? "failed" : status >= 400 ? "refused" : "answered" }
}
