import Primitives
import Testing

@Suite struct Base64URLTests {
    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy")])
    func `the known answers of RFC 4648`(plain: String, text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(text) == Array(plain.utf8))
    }

    @Test func `any bytes come back`() {
        var generator = SystemRandomNumberGenerator()
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes)
            #expect(text.utf8.count == (length * 4 + 2) / 3)
        }
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "+/+/", "Zm 9v", "Zm9v\n", "ÄÄ", "Zm9vY", "\u{0}\u{0}"])
    func `another spelling is none`(text: String) { #expect(Base64URL.decode(text) == nil) }
}
