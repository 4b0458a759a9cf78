internal import Primitives

/// The addresses that are nobody's public server: the built-in part of the address guard.
///
/// From the IANA special-purpose registries, plus one that no registry has. Order does not matter.
enum ReservedRanges {
    static let v4 = ranges([
        "0.0.0.0/8",  // this host
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // private networks
        "100.64.0.0/10",  // carrier NAT, and a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",  // loopback
        "169.254.0.0/16",  // link-local, and most clouds' metadata
        "192.0.0.0/24",  // protocol assignments, and a cloud's metadata at 192.0.0.192
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  // documentation
        "192.88.99.0/24",  // 6to4 relays
        "198.18.0.0/15",  // benchmarks
        "224.0.0.0/4", "240.0.0.0/4",  // multicast, reserved and broadcast
        "168.63.129.16/32",  // a public address that every machine in Azure reaches its host agent by
    ])

    /// Everything outside is refused: loopback, mapped and translated IPv4, unique local, link-local, multicast and what is assigned tomorrow.
    static let globalV6 = ranges(["2000::/3"])

    static let v6 = ranges([
        "2001::/23",  // protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32", "3fff::/20",  // documentation
        "2002::/16",  // 6to4 carries any IPv4 address
    ])

    /// NAT64's well-known prefix: the last 32 bits are the IPv4 address that is reached.
    static let nat64 = ranges(["64:ff9b::/96"])

    private static func ranges(_ texts: [String]) -> [AddressRange] {
        texts.map { text in
            guard let range = AddressRange(text) else { preconditionFailure("\(text) is not a range") }
            return range
        }
    }
}
