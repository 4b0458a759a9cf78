package import Primitives

/// A block of internet addresses, such as `192.0.2.0/24` or `2001:db8::/32`, that a credential may be used from. An IPv4 address is the same one when it
/// comes as `::ffff:192.0.2.1`; otherwise IPv4 and IPv6 are never in each other's blocks.
package struct Network: Sendable, Hashable {
    /// Why a text is no network, for who wrote it.
    package enum Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        case noAddress
        case noLength(atMost: Int)
        /// Bits behind the prefix are set, which is more often a slip than a wish.
        case meant(Network)

        package var description: String {
            switch self {
            case .noAddress: "must be an IPv4 or IPv6 address, or a range of them such as 192.0.2.0/24 or 2001:db8::/32"
            case .noLength(let most): "must end with a prefix length from 0 to \(most), without leading zeros"
            case .meant(let network): "has bits set behind its prefix length; the network that it lies in is \(network)"
            }
        }
    }

    package let range: AddressRange

    package init(_ text: String) throws(Malformed) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { throw .noAddress }
        let width = address.family.width
        var length = width
        if parts.count == 2 {
            guard let number = Self.length(parts[1]), number <= width else { throw .noLength(atMost: width) }
            length = number
        }
        let isMapped = address.unmapped != address && length >= 96
        guard let range = AddressRange(covering: isMapped ? address.unmapped : address, prefixLength: isMapped ? length - 96 : length) else {
            throw .noLength(atMost: width)
        }
        self.range = range
        guard range.first == (isMapped ? address.unmapped : address) else { throw .meant(self) }
    }

    private static func length(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || text.first != "0" else { return nil }
        return Int(text)
    }

    package func contains(_ address: IPAddress) -> Bool { range.contains(address.unmapped) }
    package func contains(_ other: Network) -> Bool { range.contains(other.range) }
}

extension Network: CustomStringConvertible {
    package var description: String { range.description }
}
