/// A block of addresses in CIDR notation. IPv4 and IPv6 never contain each other, whatever an IPv6 address embeds.
package struct AddressRange: Hashable, Sendable {
    package let first: IPAddress
    package let prefixLength: Int

    /// Nil when the prefix is longer than the address, or when bits beyond it are set: `10.1.2.3/8` is a slip, not a range.
    package init?(_ first: IPAddress, prefixLength: Int) {
        guard prefixLength >= 0, prefixLength <= Self.width(first.family) else { return nil }
        self.first = first
        self.prefixLength = prefixLength
        let (high, low) = mask
        guard first.high & ~high == 0, first.low & ~low == 0 else { return nil }
    }

    /// `192.0.2.0/24`, `2001:db8::/32`, or an address alone for a range of one.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        guard parts.count == 2 else {
            self.init(address, prefixLength: Self.width(address.family))
            return
        }
        guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(parts[1]) else { return nil }
        self.init(address, prefixLength: length)
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.family == first.family else { return false }
        let (high, low) = mask
        return address.high & high == first.high && address.low & low == first.low
    }

    private static func width(_ family: IPAddress.Family) -> Int { family == .v4 ? 32 : 128 }

    private var mask: (high: UInt64, low: UInt64) {
        switch first.family {
        case .v4: (0, UInt64(UInt32.max << UInt32(32 - prefixLength)))
        case .v6: (UInt64.max << UInt64(max(0, 64 - prefixLength)), prefixLength <= 64 ? 0 : UInt64.max << UInt64(128 - prefixLength))
        }
    }
}

extension AddressRange: CustomStringConvertible {
    package var description: String { "\(first)/\(prefixLength)" }
}
