import Glibc
import Primitives
import Testing

@Suite struct IPAddressTests {
    @Test func `a text and the number it stands for are what the system says`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            // Many zero groups, so that every form of :: comes up.
            let groups = (0..<8).map { _ in Bool.random(using: &generator) ? 0 : UInt16.random(in: 0...(.max), using: &generator) }
            let halves = [groups[..<4], groups[4...]].map { $0.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
            for address in [IPAddress(v6High: halves[0], low: halves[1]), IPAddress(v4: UInt32(truncatingIfNeeded: halves[1]))] {
                #expect(address.description == Self.text(address))
                #expect(IPAddress(address.description) == address)
            }
        }
    }

    /// By the system's own printer. It writes the deprecated `::1.2.3.4` for what we write in groups.
    private static func text(_ address: IPAddress) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        var v6 = (address.high.bigEndian, address.low.bigEndian)
        var v4 = UInt32(address.low & 0xffff_ffff).bigEndian
        if address.family == .v4 { inet_ntop(AF_INET, &v4, &buffer, 64) } else { inet_ntop(AF_INET6, &v6, &buffer, 64) }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard address.high == 0, address.low >> 32 == 0, text.contains(".") , address.family == .v6 else { return text }
        let (upper, lower) = (String(address.low >> 16 & 0xffff, radix: 16), String(address.low & 0xffff, radix: 16))
        return upper == "0" ? "::\(lower)" : "::\(upper):\(lower)"
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04", "0x7f.0.0.1", "2130706433", "1.2.3.256", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\0", "::1%lo", "[::1]", ":", ":::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "①.2.3.4", "1.2.3.4/8",
    ])
    func `what parsers disagree on is no address`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a mapped address is the IPv4 address in it, and nothing else is`() throws {
        #expect(try #require(IPAddress("::ffff:192.0.2.1")).unmapped == IPAddress("192.0.2.1"))
        #expect(try #require(IPAddress("::ffff:c000:201")).unmapped == IPAddress("192.0.2.1"))
        for other in ["::192.0.2.1", "64:ff9b::192.0.2.1", "::fffe:192.0.2.1", "1::ffff:192.0.2.1", "2002:c000:201::"] {
            let address = try #require(IPAddress(other))
            #expect(address.unmapped == address)
        }
    }

    @Test func `a range has what shares its prefix, to the bit`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let isV4 = Bool.random(using: &generator)
            let address = isV4 ? IPAddress(v4: generator.next()) : IPAddress(v6High: generator.next(), low: generator.next())
            let length = Int.random(in: 0...address.family.width, using: &generator)
            let range = try #require(AddressRange(covering: address, prefixLength: length))
            #expect(range.contains(address))
            #expect(AddressRange(range.description) == range)
            // One bit changed: still inside behind the prefix, outside in it.
            let bit = Int.random(in: 0..<address.family.width, using: &generator)
            #expect(range.contains(Self.flipped(address, bit)) == (bit >= length))
            #expect(AddressRange(Self.flipped(range.first, bit), prefixLength: length) == (bit >= length ? nil : AddressRange(covering: Self.flipped(range.first, bit), prefixLength: length)))
        }
    }

    /// - Parameter bit: from the left.
    private static func flipped(_ address: IPAddress, _ bit: Int) -> IPAddress {
        if address.family == .v4 { return IPAddress(v4: UInt32(address.low) ^ UInt32(1) << UInt32(31 - bit)) }
        let high = bit < 64 ? address.high ^ UInt64(1) << UInt64(63 - bit) : address.high
        return IPAddress(v6High: high, low: bit < 64 ? address.low : address.low ^ UInt64(1) << UInt64(127 - bit))
    }

    @Test func `families never contain each other, and the longest prefixes are one address`() throws {
        let everything = try #require(AddressRange("::/0"))
        #expect(!everything.contains(IPAddress(v4: 1)) && everything.contains(IPAddress(v6High: .max, low: .max)))
        #expect(try #require(AddressRange("0.0.0.0/0")).contains(IPAddress(v4: .max)))
        let one = try #require(AddressRange("2001:db8::1/128"))
        #expect(one.contains(IPAddress(v6High: 0x2001_0db8_0000_0000, low: 1)) && !one.contains(IPAddress(v6High: 0x2001_0db8_0000_0000, low: 0)))
        let half = try #require(AddressRange("2001:db8::/64"))
        #expect(half.contains(IPAddress(v6High: 0x2001_0db8_0000_0000, low: .max)) && !half.contains(IPAddress(v6High: 0x2001_0db8_0000_0001, low: 0)))
        #expect(AddressRange("2001:db8::/129") == nil && AddressRange("10.0.0.0/33") == nil && AddressRange("10.0.0.1/8") == nil)
    }
}
