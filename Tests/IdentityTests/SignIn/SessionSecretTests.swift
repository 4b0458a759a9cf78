import Identity
import Testing

@Suite struct SessionSecretTests {
    @Test func `a token is good for its browser, its purpose and its request`() throws {
        let (one, other) = (SessionSecret.mint(), SessionSecret.mint())
        let token = one.token(for: .consent, request: "a=1")
        #expect(one.accepts(token, for: .consent, request: "a=1"))
        #expect(!other.accepts(token, for: .consent, request: "a=1"))
        #expect(!one.accepts(token, for: .signIn, request: "a=1"))
        #expect(!one.accepts(token, for: .consent, request: "a=2"))
        for wrong in [nil, "", "x", String(token.dropLast()), token + "A"] { #expect(!one.accepts(wrong, for: .consent, request: "a=1")) }
        #expect(try #require(SessionSecret(one.exposed)).accepts(token, for: .consent, request: "a=1"))
    }

    @Test(arguments: ["", "x", String(repeating: "A", count: 42), String(repeating: "A", count: 44), String(repeating: "=", count: 43), String(repeating: "B", count: 43)])
    func `a cookie of another form is none`(text: String) { #expect(SessionSecret(text) == nil) }

    @Test func `it is never printed`() {
        let secret = SessionSecret.mint()
        #expect(!"\(secret)".contains(secret.exposed) && !String(reflecting: secret).contains(secret.exposed))
    }
}
