import Glibc

/// An IPv4 or IPv6 address as a number; no name, no port, no scope.
package struct IPAddress: Hashable, Sendable {
    package enum Family: Sendable {
        case v4, v6

        /// Bits of an address.
        package var width: Int { self == .v4 ? 32 : 128 }
    }

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

    private init(v6 address: in6_addr) {
        var bytes = address
        let (high, low) = withUnsafeBytes(of: &bytes) { ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) }
        self.init(v6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }

    /// Only the canonical kinds of text: four decimal numbers, or an IPv6 address without brackets and without a scope.
    /// Octal, hexadecimal and short IPv4 are not addresses here, because parsers disagree on what they mean.
    package init?(_ text: String) {
        // Longer than any address; and a NUL would end the C string early.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6: v6)
        } else {
            return nil
        }
    }

    /// The IPv4 address that a v4-mapped one (`::ffff:192.0.2.1`) stands for, as a socket for both families shows it; else the address itself.
    package var unmapped: IPAddress {
        guard family == .v6, high == 0, low >> 32 == 0xffff else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: low))
    }
}

extension IPAddress: CustomStringConvertible {
    /// As RFC 5952 writes it: one text an address.
    package var description: String {
        switch family {
        case .v4: return dotted
        case .v6:
            if high == 0, low >> 32 == 0xffff { return "::ffff:\(dotted)" }
            let groups = [high >> 48, high >> 32, high >> 16, high, low >> 48, low >> 32, low >> 16, low].map { UInt16(truncatingIfNeeded: $0) }
            let zeros = Self.longestZeros(in: groups)
            let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
            guard zeros.count > 1 else { return text(groups[...]) }
            return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
        }
    }

    private var dotted: String { "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)" }

    /// The first of the longest runs.
    private static func longestZeros(in groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 } else if index + 1 - start > longest.count { longest = start..<index + 1 }
        }
        return longest
    }
}
