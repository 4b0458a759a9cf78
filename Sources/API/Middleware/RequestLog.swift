import HTTPTypes
import Hummingbird
import Identity
import Ledger
import Primitives

/// A line of the integration log for each request. It is handed over and the answer goes out: nothing here waits for the ledger.
struct RequestLog: Sendable {
    let log: LogWriter

    private static let longestMethod = 20
    /// What asks every few seconds would be most of the log.
    private static let silent = ["/api/health", "/metrics"]

    func note(_ request: Request, _ context: APIContext, status: HTTPResponse.Status, took: Duration) {
        let path = request.uri.path
        if path.isBelow(Self.silent) { return }
        let status = status.code
        let (caller, problem, bodies) = context.caller.told
        var line = LogLine(source: .request, workspace: caller?.workspace, outcome: Self.outcome(status), duration: took)
        line.status = Int32(status)
        line.errorClass = problem
        line.method = String(request.method.rawValue.prefix(Self.longestMethod))
        line.route = context.template
        line.path = PathText.shown(path)
        line.principal = caller?.principal.description
        if case .user(_, let client)? = caller?.principal { line.details = "{\"client\":\"\(client)\"}" }
        line.address = context.address?.description
        line.requestID = context.requestID
        line.trace = context.trace
        line.bodies = bodies
        log.append(line)
    }

    private static func outcome(_ status: Int) -> String { status >= 500 ? "failed" : status >= 400 ? "refused" : "answered" }
}
