internal import Glibc
package import Primitives

extension IPAddress {
    /// Nil for any other family (a unix socket, for one) and for a length that does not hold the address: the caller refuses what it cannot read.
    package init?(socketAddress: UnsafeRawPointer, length: Int) {
        guard length >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(unsafe socketAddress.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            guard length >= MemoryLayout<sockaddr_in>.size else { return nil }
            self.init(v4: UInt32(bigEndian: unsafe socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            guard length >= MemoryLayout<sockaddr_in6>.size else { return nil }
            var bytes = unsafe socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            let (high, low) = unsafe withUnsafeBytes(of: &bytes) { raw in
                unsafe (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self.init(v6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        default:
            return nil
        }
    }
}
