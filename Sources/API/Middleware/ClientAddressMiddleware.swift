import HTTPDelivery
import Hummingbird
import NIOCore
import Primitives

/// Finds out, once, which address a request comes from: networks of keys, limits and the log go by it.
struct ClientAddressMiddleware: RouterMiddleware {
    let proxies: TrustedProxies

    func handle(_ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response) async throws -> Response {
        var context = context
        context.address = proxies.client(of: request.headers, peer: context.peer.flatMap { IPAddress($0) })
        return try await next(request, context)
    }
}

extension IPAddress {
    /// Nil for a unix socket. An IPv4 address is one, also on a socket for both families.
    init?(_ address: SocketAddress) {
        guard let found = address.withSockAddr({ IPAddress(socketAddress: UnsafeRawPointer($0), length: $1) }) else { return nil }
        self = found.unmapped
    }
}
