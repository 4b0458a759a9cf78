import Identity
import Primitives

/// Whose requests are counted together.
enum RateSubject: Sendable, Hashable, CustomStringConvertible {
    case credential(Credential.Principal)
    /// Nil: connections without an address, all together.
    case network(AddressRange?)

    private static let homeLength = 64

    /// An IPv4 address alone; of IPv6 the block that one household or machine has to itself.
    init(_ address: IPAddress?) {
        let address = address?.unmapped
        self = .network(address.flatMap { AddressRange(covering: $0, prefixLength: $0.family == .v4 ? 32 : Self.homeLength) })
    }

    var description: String {
        switch self {
        case .credential(let principal): principal.whole
        case .network(let range): range?.description ?? "local"
        }
    }
}
