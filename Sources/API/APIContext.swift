import Hummingbird
import Identity
import Ledger
import Logging
import NIOCore
import Primitives
import Synchronization

/// What goes with a request through the middleware to its route.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var requestID = ""
    /// The caller's, or the start of one of ours. The middleware sets it before anything reads it.
    var trace = TraceContext.none
    /// Where the connection comes from; nil when it is no internet address.
    let peer: SocketAddress?
    /// The client's, behind our own proxies; nil when it has none.
    var address: IPAddress?
    /// Written by the route once it knows, read by the logs.
    let caller = Caller()

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress
    }

    /// The path's template of the route that matched; nil for none.
    var template: String? { endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil } }

    /// Made when there is something to say: most requests say nothing, and a logger's fields are copied by whoever adds one.
    var requestLogger: Logger {
        var logger = logger
        logger[metadataKey: "requestId"] = .string(requestID)
        logger[metadataKey: "traceId"] = .string(trace.traceID)
        return logger
    }

    /// What becomes known on the way, for those outside who cannot see it.
    final class Caller: Sendable {
        private struct State {
            var credential: Credential?
            var verdict: RateVerdict?
            var problem: String?
            var body: [UInt8]?
            var bodies: LogLine.Bodies?
        }
        private let state = Mutex(State())

        /// What the log has of it all, in one look.
        var told: (known: Credential?, problem: String?, bodies: LogLine.Bodies?) { state.withLock { ($0.credential, $0.problem, $0.bodies) } }

        var known: Credential? { state.withLock { $0.credential } }
        func set(_ value: Credential) { state.withLock { $0.credential = value } }

        /// What the limits said, for the answer's headers.
        var verdict: RateVerdict? { state.withLock { $0.verdict } }
        func set(_ value: RateVerdict) { state.withLock { $0.verdict = value } }

        /// The code of the problem that the request is answered with.
        func fail(with code: String) { state.withLock { $0.problem = code } }

        /// The JSON that the request brought, or what was to be JSON.
        var body: [UInt8]? { state.withLock { $0.body } }
        func keep(body: [UInt8]) { state.withLock { $0.body = body } }

        /// What the log keeps of both bodies.
        func keep(_ bodies: LogLine.Bodies) { state.withLock { $0.bodies = bodies } }
    }
}
