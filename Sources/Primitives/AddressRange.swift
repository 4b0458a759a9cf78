/// A block of addresses in CIDR notation. IPv4 and IPv6 never contain each other, whatever an IPv6 address embeds.
package struct AddressRange: Hashable, Sendable {
    package let first: IPAddress
    package let prefixLength: Int

    /// Nil when the prefix is longer than the address, or when bits beyond it are set: `10.1.2.3/8` is a slip, not a range.
    package init?(_ first: IPAddress, prefixLength: Int) {
        guard let range = AddressRange(covering: first, prefixLength: prefixLength), range.first == first else { return nil }
        self = range
    }

    /// The range of this length that an address is in; nil when the prefix is longer than the address.
    package init?(covering address: IPAddress, prefixLength: Int) {
        guard prefixLength >= 0, prefixLength <= address.family.width else { return nil }
        let (high, low) = Self.mask(address.family, prefixLength)
        first = address.family == .v4 ? IPAddress(v4: UInt32(address.low & low)) : IPAddress(v6High: address.high & high, low: address.low & low)
        self.prefixLength = prefixLength
    }

    /// `192.0.2.0/24`, `2001:db8::/32`, or an address alone for a range of one.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        guard parts.count == 2 else {
            self.init(address, prefixLength: address.family.width)
            return
        }
        guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(parts[1]) else { return nil }
        self.init(address, prefixLength: length)
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.family == first.family else { return false }
        let (high, low) = Self.mask(first.family, prefixLength)
        return address.high & high == first.high && address.low & low == first.low
    }

    package func contains(_ other: AddressRange) -> Bool { other.prefixLength >= prefixLength && contains(other.first) }

    private static func mask(_ family: IPAddress.Family, _ prefixLength: Int) -> (high: UInt64, low: UInt64) {
        switch family {
        case .v4: (0, UInt64(UInt32.max << UInt32(32 - prefixLength)))
        case .v6: (UInt64.max << UInt64(max(0, 64 - prefixLength)), prefixLength <= 64 ? 0 : UInt64.max << UInt64(128 - prefixLength))
        }
    }
}

extension AddressRange: CustomStringConvertible {
    package var description: String { "\(first)/\(prefixLength)" }
}
