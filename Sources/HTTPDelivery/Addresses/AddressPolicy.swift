package import Primitives

/// Where deliveries may go. Customers choose the URLs, so every address they resolve to is judged before a byte is sent.
///
/// The verdict is for us: never show a customer which address was refused or why, or the guard becomes a port scanner.
package struct AddressPolicy: Sendable, Equatable {
    /// Exceptions for development: may be dialled although reserved. Judged on the address as dialled, so `127.0.0.0/8` does not let `::ffff:127.0.0.1` in.
    ///
    /// A list that is not empty also lets single-label names such as `localhost` through to the verdict on their addresses.
    package var allowed: [AddressRange] = []
    /// Refused on top of the reserved ranges, and stronger than `allowed`: the own networks, for one.
    package var denied: [AddressRange] = []
    package var requiresHTTPS = true
    package var ports = PortRule()
    /// Names are looked up as written, with a final dot, so that neither a search domain nor the hosts file answers for a customer's name.
    package var qualifiesNames = true
    /// On a host behind NAT64, where every IPv4 receiver arrives as `64:ff9b::a.b.c.d`: judge the IPv4 address inside instead of refusing it.
    package var unwrapsNAT64 = false

    package init(allowed: [AddressRange] = [], denied: [AddressRange] = [], requiresHTTPS: Bool = true) {
        self.allowed = allowed
        self.denied = denied
        self.requiresHTTPS = requiresHTTPS
    }

    package enum Verdict: Sendable, Equatable { case allowed, refused }

    package func verdict(_ address: IPAddress) -> Verdict {
        if denied.contains(where: { $0.contains(address) }) { return .refused }
        if allowed.contains(where: { $0.contains(address) }) { return .allowed }
        switch address.family {
        case .v4: return ReservedRanges.v4.contains { $0.contains(address) } ? .refused : .allowed
        case .v6: return verdictOnV6(address)
        }
    }

    private func verdictOnV6(_ address: IPAddress) -> Verdict {
        if unwrapsNAT64, ReservedRanges.nat64[0].contains(address) { return verdict(IPAddress(v4: UInt32(truncatingIfNeeded: address.low))) }
        guard ReservedRanges.globalV6[0].contains(address), !ReservedRanges.v6.contains(where: { $0.contains(address) }) else { return .refused }
        // ISATAP: an interface id of 0000:5efe or 0200:5efe is a tunnel to the IPv4 address that follows.
        guard address.low >> 32 & ~0x0200_0000 == 0x5efe else { return .allowed }
        return verdict(IPAddress(v4: UInt32(truncatingIfNeeded: address.low)))
    }

    /// The part of the rule that a URL shows by itself; nil when there is no objection.
    func objection(isHTTPS: Bool, port: UInt16) -> String? {
        if requiresHTTPS, !isHTTPS { return "the URL must begin with https://" }
        return ports.permits(port, isHTTPS: isHTTPS) ? nil : "deliveries to this port are not allowed"
    }
}

/// An entry of a list of ranges that is none.
package struct AddressListError: Error, Sendable, CustomStringConvertible {
    package let entry: String
    package var description: String { "'\(entry)' is not an address range such as 10.0.0.0/8 or fd00::/8" }
}

extension AddressPolicy {
    /// An operator's setting: ranges separated by commas, an empty text for none. One bad entry refuses the whole list, because half a deny list is a hole.
    package static func parse(list: String) throws(AddressListError) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for entry in list.split(separator: ",") {
            let entry = String(entry.filter { $0 != " " && $0 != "\t" && $0 != "\n" })
            if entry.isEmpty { continue }
            guard let range = AddressRange(entry) else { throw AddressListError(entry: entry) }
            ranges.append(range)
        }
        return ranges
    }
}
