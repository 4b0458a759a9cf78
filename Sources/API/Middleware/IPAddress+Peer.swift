import HTTPDelivery
import NIOCore
import Primitives

extension IPAddress {
    /// Nil for a unix socket. An IPv4 address is one, also on a socket for both families.
    init?(_ address: SocketAddress) {
        guard let found = address.withSockAddr({ IPAddress(socketAddress: UnsafeRawPointer($0), length: $1) }) else { return nil }
        self = found.unmapped
    }
}
