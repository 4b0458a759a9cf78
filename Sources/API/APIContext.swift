import Hummingbird
import Identity
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
    /// Written by the route once it knows, read by the access log.
    let caller = Caller()

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress
    }

    final class Caller: Sendable {
        private let state = Mutex<(credential: Credential?, verdict: RateVerdict?)>((nil, nil))

        var known: Credential? { state.withLock { $0.credential } }
        func set(_ value: Credential) { state.withLock { $0.credential = value } }

        /// What the limits said, for the answer's headers.
        var verdict: RateVerdict? { state.withLock { $0.verdict } }
        func set(_ value: RateVerdict) { state.withLock { $0.verdict = value } }
    }
}
