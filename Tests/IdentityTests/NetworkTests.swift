import Identity
import Primitives
import Testing

@Suite struct NetworkTests {
    @Test func `an address and a range are networks, in one form`() throws {
        for (text, form) in [
            ("192.0.2.1", "192.0.2.1/32"), ("192.0.2.0/24", "192.0.2.0/24"), ("0.0.0.0/0", "0.0.0.0/0"), ("2001:DB8:0::/32", "2001:db8::/32"),
            ("::1", "::1/128"), ("::/0", "::/0"), ("::ffff:192.0.2.0/120", "192.0.2.0/24"), ("::ffff:10.1.2.3", "10.1.2.3/32"), ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            let network = try Network(text)
            #expect(network.description == form)
            #expect(try Network(network.description) == network)
        }
    }

    @Test func `what is none is refused with the reason`() throws {
        for text in ["", "/8", "10.0.0.0/", "nonsense", "10.1.2/8", "010.0.0.0/8", "10.0.0.0/8/8", "10.0.0.0/ 8", "fe80::1%eth0", "10.0.0.0/8\0"] {
            #expect(throws: Network.Malformed.self, "\(text)") { try Network(text) }
        }
        for text in ["10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/0x8", "10.0.0.0/٨", "10.0.0.0/256"] {
            #expect(throws: Network.Malformed.noLength(atMost: 32), "\(text)") { try Network(text) }
        }
        #expect(throws: Network.Malformed.noLength(atMost: 128)) { try Network("::/129") }
        for (text, meant) in [("10.1.2.3/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32"), ("::ffff:192.0.2.1/120", "192.0.2.0/24")] {
            let slip = Network.Malformed.meant(try Network(meant))
            #expect(throws: slip) { try Network(text) }
            #expect(slip.description.contains(meant))
        }
    }

    @Test func `an IPv4 address is the same one when it comes mapped`() throws {
        let network = try Network("192.0.2.0/24")
        #expect(network.contains(try #require(IPAddress("192.0.2.255"))))
        #expect(network.contains(try #require(IPAddress("::ffff:192.0.2.255"))))
        #expect(!network.contains(try #require(IPAddress("::192.0.2.255"))))
        #expect(!network.contains(try #require(IPAddress("192.0.3.0"))))
        #expect(!(try Network("::/0")).contains(try #require(IPAddress("::ffff:192.0.2.255"))))
    }

    @Test func `a network lies in another one or it does not`() throws {
        #expect(try Network("10.0.0.0/8").contains(try Network("10.1.0.0/16")))
        #expect(try Network("10.0.0.0/8").contains(try Network("10.0.0.0/8")))
        #expect(try !Network("10.1.0.0/16").contains(try Network("10.0.0.0/8")))
        #expect(try !Network("0.0.0.0/0").contains(try Network("::/0")))
    }

    @Test func `any text is a network or is refused, and a network prints what it is`() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("0123456789abcf:./%[] xé\0")
        var taken = 0
        for _ in 0..<100_000 {
            let text = String((0..<Int.random(in: 0...20, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "0" })
            guard let network = try? Network(text) else { continue }
            taken += 1
            #expect((try? Network(network.description)) == network, "\(text)")
        }
        #expect(taken > 0)
    }
}
