import HTTPDelivery
import Primitives
import TestSupport
import Testing

struct AddressPolicyTests {
    private let policy = AddressPolicy()

    private func verdict(_ text: String, _ policy: AddressPolicy = AddressPolicy()) throws -> AddressPolicy.Verdict {
        policy.verdict(try #require(IPAddress(text), "\(text) is no address"))
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
        "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "168.63.129.16",
        "::", "::1", "::7f00:1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::808:808", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1",
        "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "3fff:fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1",
        "fec0::1", "ff02::1", "4000::1", "1fff::1",
        "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
    ])
    func `a reserved address is refused`(text: String) throws {
        #expect(try verdict(text) == .refused)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255",
        "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "168.63.129.15", "168.63.129.17", "223.255.255.255",
        "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700:4700::1111", "3ffe::1", "3fff:1000::1",
        "2606:4700::5efe:808:808",
    ])
    func `a public address beside a reserved range is allowed`(text: String) throws {
        #expect(try verdict(text) == .allowed)
    }

    @Test func `nothing in the first 256th of IPv6 is allowed`() {
        var generator = SystemRandomNumberGenerator()
        let allowed = (0..<20_000).map { _ in IPAddress(v6High: generator.next() >> 8, low: generator.next()) }
            .filter { policy.verdict($0) == .allowed }
        #expect(allowed.isEmpty)
    }

    @Test func `no 6to4 and no mapped address is allowed`() {
        var generator = SystemRandomNumberGenerator()
        let sixToFour = (0..<20_000).map { _ in IPAddress(v6High: 0x2002 << 48 | generator.next() >> 16, low: generator.next()) }
        let mapped = (0..<20_000).map { _ in IPAddress(v6High: 0, low: 0xffff_0000_0000 | generator.next() >> 32) }
        #expect((sixToFour + mapped).filter { policy.verdict($0) == .allowed }.isEmpty)
    }

    @Test func `behind NAT64 and ISATAP the embedded address decides`() {
        var unwrapping = AddressPolicy()
        unwrapping.unwrapsNAT64 = true
        // An odd step meets every IPv4 address once before it repeats, so that any number of steps is spread evenly.
        var bits: UInt32 = 0
        var different: [IPAddress] = []
        var verdicts: Set<AddressPolicy.Verdict> = []
        for _ in 0..<50_000 {
            bits &+= 2_654_435_761
            let embedded = policy.verdict(IPAddress(v4: bits))
            verdicts.insert(embedded)
            let nat64 = IPAddress(v6High: 0x0064_ff9b_0000_0000, low: UInt64(bits))
            let isatap = IPAddress(v6High: 0x2606_4700_0000_0001, low: 0x0000_5efe_0000_0000 | UInt64(bits))
            if unwrapping.verdict(nat64) != embedded || policy.verdict(nat64) != .refused { different.append(nat64) }
            if policy.verdict(isatap) != embedded { different.append(isatap) }
        }
        #expect(different.isEmpty)
        #expect(verdicts == [.allowed, .refused])
    }

    @Test func `what an operator denies stays denied`() throws {
        let policy = AddressPolicy(
            allowed: try AddressPolicy.parse(list: "10.0.0.0/8"), denied: try AddressPolicy.parse(list: "10.1.0.0/16, 8.8.8.8"))
        #expect(try verdict("10.2.0.1", policy) == .allowed)
        #expect(try verdict("10.1.0.1", policy) == .refused)
        #expect(try verdict("8.8.8.8", policy) == .refused)
        #expect(try verdict("8.8.4.4", policy) == .allowed)
    }

    @Test func `an exception for IPv4 opens no mapped address`() throws {
        #expect(try verdict("::ffff:127.0.0.1", try .development("127.0.0.0/8")) == .refused)
    }

    @Test(arguments: [
        "10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "localhost", "0x7f.1", "127.1", "fe80::1%eth0",
        "10.0.0.0/+8",
    ])
    func `a list with a bad entry is refused as a whole`(entry: String) {
        #expect(throws: AddressListError.self) { try AddressPolicy.parse(list: "127.0.0.0/8,\(entry)") }
    }

    @Test func `a list takes ranges, single addresses and blanks`() throws {
        #expect(try AddressPolicy.parse(list: " 127.0.0.0/8 , ::1/128,1.2.3.4,,").count == 3)
        #expect(try AddressPolicy.parse(list: "").isEmpty)
    }

    @Test func `a host's own public address is denied, unless it was allowed by name`() throws {
        let own = try AddressPolicy.parse(list: "8.8.8.8, 2606:4700::1")
        var policy = AddressPolicy(allowed: try AddressPolicy.parse(list: "127.0.0.0/8"))
        policy.denyOwnAddresses(own)
        #expect(try verdict("8.8.8.8", policy) == .refused)
        #expect(try verdict("2606:4700::1", policy) == .refused)
        #expect(try verdict("8.8.8.9", policy) == .allowed)
        var open = AddressPolicy(allowed: try AddressPolicy.parse(list: "8.8.8.0/24"))
        open.denyOwnAddresses(own)
        #expect(try verdict("8.8.8.8", open) == .allowed)
        #expect(try verdict("2606:4700::1", open) == .refused)
    }

    @Test func `every address that the system tells of is an own one`() async throws {
        let hostname = try ChildProcess("/usr/bin/hostname", ["-I"])
        _ = try await hostname.wait()
        let own = AddressPolicy.ownAddresses()
        var policy = AddressPolicy()
        policy.denyOwnAddresses()
        #expect(policy.denied == own)
        for text in hostname.outputLines.joined(separator: " ").split(separator: " ") {
            let address = try #require(IPAddress(String(text)), "\(text)")
            #expect(own.contains { $0.contains(address) }, "\(text)")
        }
    }

    @Test func `own addresses are ranges of one without loopback`() {
        for range in AddressPolicy.ownAddresses() {
            #expect(range.prefixLength == (range.first.family == .v4 ? 32 : 128))
            #expect(range.first != IPAddress("127.0.0.1"))
        }
    }
}
