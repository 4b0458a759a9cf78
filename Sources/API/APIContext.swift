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
    /// Written by the route once it knows, read by the access log.
    let caller = Caller()

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress
    }

    final class Caller: Sendable {
        private let credential = Mutex<Credential?>(nil)

        var known: Credential? { credential.withLock { $0 } }
        func set(_ value: Credential) { credential.withLock { $0 = value } }
    }
}
