internal import Glibc

/// An IPv4 or IPv6 address as a number; no name, no port, no scope.
package struct IPAddress: Hashable, Sendable {
    package enum Family: Sendable { case v4, v6 }

    package let family: Family
    /// The upper half of an IPv6 address; zero for IPv4.
    package let high: UInt64
    /// The lower half of an IPv6 address, or the 32 bits of an IPv4 address.
    package let low: UInt64

    package init(v4 bits: UInt32) {
        family = .v4
        high = 0
        low = UInt64(bits)
    }

    package init(v6High high: UInt64, low: UInt64) {
        family = .v6
        self.high = high
        self.low = low
    }

    /// Only the canonical kinds of text: four decimal numbers, or an IPv6 address without brackets and without a scope.
    /// Octal, hexadecimal and short IPv4 are not addresses here, because parsers disagree on what they mean.
    package init?(_ text: String) {
        // Longer than any address; and a NUL would end the C string early.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
        } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6: v6)
        } else {
            return nil
        }
    }

    /// Nil for any other family (a unix socket, for one) and for a length that does not hold the address: the caller refuses what it cannot read.
    package init?(socketAddress: UnsafeRawPointer, length: Int) {
        guard length >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(unsafe socketAddress.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            guard length >= MemoryLayout<sockaddr_in>.size else { return nil }
            self.init(v4: UInt32(bigEndian: unsafe socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            guard length >= MemoryLayout<sockaddr_in6>.size else { return nil }
            self.init(v6: unsafe socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default:
            return nil
        }
    }

    private init(v6 address: in6_addr) {
        var bytes = address
        let (high, low) = unsafe withUnsafeBytes(of: &bytes) { raw in
            unsafe (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(v6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        switch family {
        case .v4: "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        case .v6:
            [high >> 48, high >> 32, high >> 16, high, low >> 48, low >> 32, low >> 16, low]
                .map { String($0 & 0xffff, radix: 16) }.joined(separator: ":")
        }
    }
}
