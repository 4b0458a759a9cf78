import HTTPDelivery
import Testing

struct DeliveryTargetTests {
    @Test(arguments: [
        ("https://Example.COM", "https://example.com/", "example.com", 443),
        ("https://example.com./hook", "https://example.com/hook", "example.com", 443),
        ("https://example.com:443/a/../b?x=1#frag", "https://example.com/b?x=1", "example.com", 443),
        ("https://example.com:8443/x", "https://example.com:8443/x", "example.com", 8443),
        ("http://example.com/x", "http://example.com/x", "example.com", 80),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%c3%bc", "xn--bcher-kva.example", 443),
        ("https://1.1.1.1/x", "https://1.1.1.1/x", "1.1.1.1", 443),
        ("https://[2606:4700:4700:0::1111]/", "https://[2606:4700:4700::1111]/", "2606:4700:4700::1111", 443),
    ])
    func `a URL is normalised`(text: String, normal: String, host: String, port: UInt16) throws {
        let target = try DeliveryTarget(text, policy: .strict)
        #expect(target.text.lowercased() == normal)
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(try DeliveryTarget(target.text, policy: .strict).text == target.text)
    }

    @Test(arguments: [
        "", "example.com", "//example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "https://", "https:///",
        "https://user@example.com/", "https://user:pass@example.com/", "https://example.com:0/", "https://example.com:65536/",
        "https://example.com:22/",
        "https://example.com:6379/", "https://example.com:80/", "http://example.com:25/", "https://exa mple.com/", "https://example.com/a b",
        "https://example.com/\r\nx: y", "https://example.com/\u{0}", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/",
        "https://localhost/", "https://localhost./",
        "https://intranet/", "https://example..com/", "https://.example.com/", "https://1.2.3.4.5/", "https://example.123/", "https://example.0x7f/",
        "https://2130706433/", "https://0x7f.1/", "https://0x08080808/", "https://010.8.8.8/", "https://8.8.2056/", "https://%38.8.8.8/",
        "https://①②⑦.0.0.1/", "https://⑧.8.8.8/", "https://8。8。8。8/", "https://exam%0aple.com/", "https://\\example.com/",
        "https://example.com\\@127.0.0.1/",
    ])
    func `a URL that is not plainly a public name is refused`(text: String) {
        #expect(refusal(of: text, .strict)?.code == .invalidURL)
    }

    @Test func `a name that is too long is refused`() {
        #expect(refusal(of: "https://\(String(repeating: "a", count: 64)).com/", .strict)?.code == .invalidURL)
        #expect(refusal(of: "https://\(String(repeating: "abcdefg.", count: 32))com/", .strict)?.code == .invalidURL)
        #expect(refusal(of: "https://example.com/\(String(repeating: "a", count: 4096))", .strict)?.code == .invalidURL)
    }

    @Test func `plain http needs the policy's leave`() {
        #expect(refusal(of: "http://example.com/", AddressPolicy())?.code == .invalidURL)
        #expect(refusal(of: "https://example.com/", AddressPolicy()) == nil)
    }

    @Test func `a port is opened and closed by rule`() throws {
        var policy = AddressPolicy()
        policy.ports.additional = [25]
        policy.ports.denied.insert(8443)
        #expect(refusal(of: "https://example.com:25/", policy) == nil)
        #expect(refusal(of: "https://example.com:8443/", policy)?.code == .invalidURL)
    }

    @Test func `a refusal names no address`() throws {
        let error = try #require(refusal(of: "https://10.2.3.4/", .strict))
        #expect(error.code == .addressRefused)
        #expect(!"\(error)".contains("10.2"))
    }

    @Test func `a target prints no path`() throws {
        let target = try DeliveryTarget("https://example.com/services/T0/secret?token=secret", policy: .strict)
        #expect("\(target)" == "example.com:443")
    }

    @Test func `a single label is for development`() throws {
        #expect(try DeliveryTarget("http://localhost:8080/", policy: .development()).host == "localhost")
    }
}
