import HTTPTypes
import Primitives
import Testing

@testable import API

@Suite struct TrustedProxiesTests {
    private let peer = IPAddress("10.0.0.1")

    private func client(_ count: Int, _ lines: [String], header: TrustedProxies.Header = .xForwardedFor, other: String? = nil) -> String? {
        var headers = HTTPFields()
        for line in lines { headers.append(HTTPField(name: header == .xForwardedFor ? .xForwardedFor : .forwarded, value: line)) }
        if let other { headers.append(HTTPField(name: header == .xForwardedFor ? .forwarded : .xForwardedFor, value: other)) }
        return TrustedProxies(count: count, header: header).client(of: headers, peer: peer)?.description
    }

    @Test func `without proxies the header is anybody's word`() {
        #expect(client(0, ["192.0.2.1"]) == "10.0.0.1")
    }

    @Test func `the outermost of our proxies says where a request comes from, and nobody further left`() {
        #expect(client(1, ["192.0.2.1"]) == "192.0.2.1")
        #expect(client(1, ["198.51.100.66, 192.0.2.1"]) == "192.0.2.1")
        #expect(client(1, ["198.51.100.66", "192.0.2.1"]) == "192.0.2.1")
        #expect(client(2, ["198.51.100.66, 192.0.2.1,10.0.0.2"]) == "192.0.2.1")
        #expect(client(2, ["198.51.100.66,192.0.2.1", " 10.0.0.2 "]) == "192.0.2.1")
    }

    @Test func `what our proxies cannot have written leaves the connection's address`() {
        for lines in [[], [""], ["unknown"], ["192.0.2.1, "], ["192.0.2.1,nonsense"], ["192.0.2.256"], ["_hidden"], ["192.0.2.1:port"], ["[2001:db8::1"], ["2001:db8::1]:1"]] {
            #expect(client(1, lines) == "10.0.0.1", "\(lines)")
        }
        #expect(client(2, ["192.0.2.1"]) == "10.0.0.1")
    }

    @Test func `ports and brackets are taken off, and a mapped address is IPv4`() {
        for (text, address) in [
            ("192.0.2.1:4711", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("[::ffff:192.0.2.1]:1", "192.0.2.1"),
        ] { #expect(client(1, [text]) == address) }
    }

    @Test func `Forwarded is read where it is set, and then X-Forwarded-For is not`() {
        #expect(client(1, [#"for=198.51.100.66, for=192.0.2.1;proto=https"#], header: .forwarded) == "192.0.2.1")
        #expect(client(1, [#"proto=https;For="[2001:db8::1]:4711""#], header: .forwarded, other: "198.51.100.66") == "2001:db8::1")
        #expect(client(1, ["proto=https"], header: .forwarded, other: "198.51.100.66") == "10.0.0.1")
        #expect(client(1, ["for=unknown"], header: .forwarded) == "10.0.0.1")
        #expect(client(1, [], other: "for=198.51.100.66") == "10.0.0.1")
    }

    @Test func `any header leaves an address`() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("0123456789abcf:.,;=[]\" \tfor")
        for _ in 0..<20_000 {
            let text = String((0..<Int.random(in: 0...40, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "0" })
            #expect(client(1, [text]) != nil && client(1, [text], header: .forwarded) != nil)
        }
    }

    @Test func `a setting is a number, or Forwarded and a number`() {
        #expect(TrustedProxies("0") == TrustedProxies.none)
        #expect(TrustedProxies("2") == TrustedProxies(count: 2))
        #expect(TrustedProxies("forwarded:1") == TrustedProxies(count: 1, header: .forwarded))
        for bad in ["", "-1", "17", "1.5", "x", "forwarded", "forwarded:"] { #expect(TrustedProxies(bad) == nil, "\(bad)") }
    }
}
