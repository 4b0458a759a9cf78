import Identity
import Primitives
import Testing

@Suite struct RedirectURITests {
    @Test(arguments: [
        "https://app.example/callback", "https://app.example", "https://app.example:8443/cb?tenant=a&x=%2F", "https://192.0.2.7/cb", "https://[2001:db8::1]/cb",
        "http://127.0.0.1/cb", "http://127.0.0.1:8123/cb", "http://[::1]:9/cb?x=1", "http://localhost/cb", "com.example.app:/oauth", "com.example.app://callback",
        "HTTPS://App.Example/cb",
    ])
    func `a URI of the allowed forms is registered`(text: String) throws { #expect(try RedirectURI(registering: text).text == text) }

    @Test(arguments: [
        ("", RedirectURIError.empty), ("https://a.example/#", .hasFragment), ("https://a.example/cb#x", .hasFragment), ("https://*.example/cb", .hasWildcard),
        ("http://a.example/cb", .notSecure), ("http://127.0.0.2/cb", .notSecure), ("http://127.0.0.1.a.example/cb", .notSecure),
        ("http://localhost.a.example/", .notSecure), ("http://[::2]/", .notSecure), ("javascript:alert(1)", .schemeWithoutDot),
        ("data:text/html,x", .schemeWithoutDot), ("file:///etc/passwd", .schemeWithoutDot), ("myapp://cb", .schemeWithoutDot), ("/cb", .notAbsolute),
        ("//a.example/cb", .notAbsolute), ("a.example/cb", .notAbsolute), ("https:a.example", .notAbsolute), ("com.example:", .notAbsolute),
        ("com.example://", .notAbsolute), ("1a.b:/x", .notAbsolute), ("https:///cb", .badHost), ("https://a b/cb", .forbiddenCharacter),
        ("https://a.example\\@b.example/", .forbiddenCharacter), ("https://a.example/\n", .forbiddenCharacter), ("https://ä.example/", .forbiddenCharacter),
        ("https://a.example/%2", .forbiddenCharacter), ("https://a.example/%zz", .forbiddenCharacter), ("https://u@a.example/", .hasUserInfo),
        ("https://u:p@a.example/", .hasUserInfo), ("http://127.0.0.1:80@b.example/", .hasUserInfo), ("https://a.example:/", .badPort),
        ("https://a.example:0/", .badPort), ("https://a.example:65536/", .badPort), ("https://a.example:8o/", .badPort), ("https://[::1/", .badHost),
        ("https://[]/", .badHost), ("https://[::1]x/", .badPort), ("https://a.example/x/../y", .hasDotSegments), ("https://a.example/%2E%2e/y", .hasDotSegments),
        ("com.example.app:/a/./b", .hasDotSegments), ("https://a.example/<x>", .forbiddenCharacter), ("https://a.example/\"", .forbiddenCharacter),
    ])
    func `every other form is refused for its reason`(text: String, error: RedirectURIError) {
        #expect(throws: error) { try RedirectURI(registering: text) }
    }

    @Test func `a very long URI is refused`() {
        let base = "https://a.example/"
        #expect(throws: Never.self) { try RedirectURI(registering: base + String(repeating: "a", count: RedirectURI.longest - base.count)) }
        #expect(throws: RedirectURIError.tooLong) { try RedirectURI(registering: base + String(repeating: "a", count: RedirectURI.longest)) }
    }

    @Test(arguments: [
        ("https://a.example/cb", "https://a.example/cb/"), ("https://a.example/cb", "https://a.example/cb?x=1"), ("https://a.example/cb", "https://a.example/CB"),
        ("https://a.example/cb", "https://a.example:443/cb"), ("https://a.example/cb?x=1", "https://a.example/cb"), ("https://a.example/cb?x=1", "https://a.example/cb?x=2"),
        ("https://a.example/cb", "https://a.example/cb#f"), ("https://a.example:8443/cb", "https://a.example:8444/cb"), ("https://a.example/cb", "http://a.example/cb"),
        ("https://a.example/cb", "https://a.example.b.example/cb"), ("https://a.example/cb", ""), ("com.example.app:/cb", "com.example.app:/cb2"),
        ("https://a.example/%7Ex", "https://a.example/~x"),
    ])
    func `a URI that differs by a letter does not match`(registered: String, requested: String) throws {
        #expect(try !RedirectURI(registering: registered).matches(requested))
    }

    /// The matrix of node-oidc-provider: every raw component but the port.
    @Test(arguments: ["127.0.0.1", "[::1]", "localhost"], ["", ":3000"])
    func `the port of this machine is free, registered with one or without`(host: String, port: String) throws {
        let uri = try RedirectURI(registering: "http://\(host)\(port)/cb?x=%2f")
        for good in ["", ":80", ":1", ":65535", ":3000"] { #expect(uri.matches("http://\(host)\(good)/cb?x=%2f"), "\(good)") }
        for bad in [
            "http://\(host):0/cb?x=%2f", "http://\(host):65536/cb?x=%2f", "http://\(host):/cb?x=%2f", "http://\(host):x/cb?x=%2f", "http://\(host):80:81/cb?x=%2f",
            "http://\(host):+80/cb?x=%2f", "http://\(host):80/cb", "http://\(host):80/cb?x=%2F", "http://\(host):80/cb/?x=%2f", "http://\(host):80/cb?x=%2f#a",
            "https://\(host):80/cb?x=%2f", "HTTP://\(host):80/cb?x=%2f", "http://\(host):80@a.example/cb?x=%2f", "http://\(host)@a.example/cb?x=%2f",
            "http://a.example/cb?x=%2f", "http://\(host).a.example/cb?x=%2f", "http://\(host)x80/cb?x=%2f", "http://\(host)80/cb?x=%2f", "http://\(host):80",
        ] { #expect(!uri.matches(bad), "\(bad)") }
    }

    @Test func `the names of this machine are not taken for one another`() throws {
        let hosts = ["127.0.0.1", "[::1]", "localhost"]
        for one in hosts {
            for other in hosts where one != other { #expect(try !RedirectURI(registering: "http://\(one)/cb").matches("http://\(other)/cb")) }
        }
    }

    @Test func `a changed letter never matches, and no text traps`() throws {
        let registered = ["https://a.example:8443/cb?x=%2F", "http://127.0.0.1:8123/cb?x=1", "com.example.app:/oauth"]
        var numbers = SplitMix64(seed: 8252)
        for text in registered {
            let uri = try RedirectURI(registering: text)
            for _ in 0..<3000 {
                let changed = numbers.mutation(of: text)
                let isFreePort = changed.hasPrefix("http://127.0.0.1") && changed.hasSuffix("/cb?x=1")
                #expect(uri.matches(changed) == (changed.utf8.elementsEqual(text.utf8)) || isFreePort, "\(changed)")
                // What registers matches itself; what does not says why.
                do { #expect(try RedirectURI(registering: changed).matches(changed)) } catch { #expect(!error.reason.isEmpty) }
            }
        }
    }
}
