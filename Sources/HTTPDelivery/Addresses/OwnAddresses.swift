internal import Glibc
package import Primitives

extension AddressPolicy {
    /// A host that trusts itself by its own address must not be reached by a customer's URL, unless that was allowed by name.
    package mutating func denyOwnAddresses(_ own: [AddressRange] = Self.ownAddresses()) {
        denied += own.filter { own in !allowed.contains { $0.contains(own.first) } }
    }

    /// This host's own addresses, loopback left out (it is reserved anyway): belongs into `denied`, because a host that trusts itself by its public
    /// address is as exposed as one that trusts 127.0.0.1. Empty when the system does not tell.
    package static func ownAddresses() -> [AddressRange] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [] }
        defer { unsafe freeifaddrs(list) }
        var ranges: [AddressRange] = []
        var next = unsafe list
        while let interface = unsafe next {
            unsafe next = interface.pointee.ifa_next
            guard unsafe interface.pointee.ifa_flags & UInt32(IFF_LOOPBACK) == 0, let socketAddress = unsafe interface.pointee.ifa_addr else {
                continue
            }
            let isV6 = unsafe Int32(socketAddress.pointee.sa_family) == AF_INET6
            let length = isV6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
            if let address = unsafe IPAddress(socketAddress: socketAddress, length: length),
                let range = AddressRange(address, prefixLength: isV6 ? 128 : 32)
            {
                ranges.append(range)
            }
        }
        return ranges
    }
}
