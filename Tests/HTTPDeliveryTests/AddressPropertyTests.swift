import HTTPDelivery
import Primitives
import Testing

/// The guard beside a second opinion. `Benchmarks/addresses` does the same for all 4,294,967,296 IPv4 addresses.
struct AddressPropertyTests {
    private let policy = AddressPolicy()

    private func agrees(v4 bits: UInt32) -> Bool { (policy.verdict(IPAddress(v4: bits)) == .allowed) == ReferenceVerdict.mayDial(v4: bits) }

    private func agrees(v6High high: UInt64, low: UInt64) -> Bool {
        (policy.verdict(IPAddress(v6High: high, low: low)) == .allowed) == ReferenceVerdict.mayDial(v6High: high, low: low)
    }

    @Test func `guard and second opinion agree on both ends of every IPv4 network of 65,536`() {
        let different = (UInt32(0)...0xffff).filter { !agrees(v4: $0 << 16) || !agrees(v4: $0 << 16 | 0xffff) }
        #expect(different == [])
    }

    /// Ranges longer than 16 bits lie in these, and nowhere else.
    @Test func `they agree on every address of the networks that hold a smaller range`() {
        var different: [UInt32] = []
        for network: UInt32 in [0xc000_0000, 0xc058_6300, 0xc633_6400, 0xcb00_7100, 0xa83f_8100] {
            for bits in network &- 0x400...network &+ 0x7ff where !agrees(v4: bits) { different.append(bits) }
        }
        #expect(different == [])
    }

    @Test func `they agree on a quarter of a million IPv4 addresses, spread evenly`() {
        // An odd step meets every address once before it repeats.
        var bits = UInt32.random(in: .min ... .max)
        var different: [UInt32] = []
        var allowed = 0
        for _ in 0..<250_000 {
            bits &+= 2_654_435_761
            if !agrees(v4: bits) { different.append(bits) }
            if ReferenceVerdict.mayDial(v4: bits) { allowed += 1 }
        }
        #expect(different == [])
        // 86.2 % of all: a second opinion that refuses or allows everything would agree with nobody.
        #expect((210_000...221_000).contains(allowed), "\(allowed)")
    }

    @Test func `they agree on IPv6 addresses of every beginning`() {
        var generator = SystemRandomNumberGenerator()
        var different: [IPAddress] = []
        // All beginnings of 16 bits, and all second groups under those that have ranges of their own.
        let beginnings = (UInt64(0)...0xffff).map { $0 << 48 }
        let inside = [UInt64(0x2001), 0x2002, 0x3fff, 0x0064].flatMap { first in (UInt64(0)...0xffff).map { first << 48 | $0 << 32 } }
        for high in beginnings + inside {
            let (rest, low) = (generator.next() >> 32, generator.next())
            if !agrees(v6High: high | rest, low: low) { different.append(IPAddress(v6High: high | rest, low: low)) }
        }
        #expect(different == [])
    }

    /// Mapped, compatible, translated, NAT64 of both prefixes, 6to4, Teredo and ISATAP, with every kind of IPv4 address inside.
    @Test func `an address that carries an IPv4 one has its verdict, or is refused`() {
        var unwrapping = AddressPolicy()
        unwrapping.unwrapsNAT64 = true
        var bits = UInt32.random(in: .min ... .max)
        var wrong: [IPAddress] = []
        for _ in 0..<20_000 {
            bits &+= 2_654_435_761
            let embedded = ReferenceVerdict.mayDial(v4: bits)
            let (low, all) = (UInt64(bits), UInt64.random(in: .min ... .max))
            let refused = [
                IPAddress(v6High: 0, low: low), IPAddress(v6High: 0, low: 0xffff << 32 | low), IPAddress(v6High: 0, low: 0xffff_0000_0000_0000 | low),
                IPAddress(v6High: 0x0064_ff9b_0001_0000 | all >> 48, low: all & ~0xffff_ffff | low),
                IPAddress(v6High: 0x2002 << 48 | low << 16 | all >> 48, low: all),
                IPAddress(v6High: 0x2001_0000 << 32 | low, low: all), IPAddress(v6High: 0x2001_0000 << 32 | all >> 32, low: all & ~0xffff_ffff | ~low & 0xffff_ffff),
            ]
            wrong += refused.filter { policy.verdict($0) == .allowed || unwrapping.verdict($0) == .allowed }
            let nat64 = IPAddress(v6High: 0x0064_ff9b_0000_0000, low: low)
            if policy.verdict(nat64) == .allowed || (unwrapping.verdict(nat64) == .allowed) != embedded { wrong.append(nat64) }
            for kind: UInt64 in [0x0000_5efe, 0x0200_5efe] {
                let isatap = IPAddress(v6High: 0x2606_4700_0000_0000 | all >> 32, low: kind << 32 | low)
                if (policy.verdict(isatap) == .allowed) != embedded { wrong.append(isatap) }
            }
        }
        #expect(wrong == [])
    }
}
