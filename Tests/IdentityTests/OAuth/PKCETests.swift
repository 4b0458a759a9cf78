import Identity
import Primitives
import Testing

@Suite struct PKCETests {
    private let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    @Test func `the known answer of RFC 7636`() throws {
        #expect(PKCE.challenge(of: verifier) == challenge)
        #expect(try PKCE(challenge: challenge, method: "S256").isAnswered(by: Redacted(verifier)))
    }

    @Test func `another verifier does not answer, nor does the challenge itself`() throws {
        let pkce = try PKCE(challenge: challenge, method: "S256")
        for wrong in [challenge, String(verifier.dropLast()) + "l", verifier + "a", String(verifier.dropLast()), ""] {
            #expect(!pkce.isAnswered(by: Redacted(wrong)))
        }
    }

    @Test func `no method but S256 is taken, and no method is plain`() {
        for method in [nil, "plain", "s256", "S512", ""] {
            #expect(throws: PKCE.Refusal.methodNotSupported) { try PKCE(challenge: challenge, method: method) }
        }
        #expect(throws: PKCE.Refusal.missing) { try PKCE(challenge: nil, method: "S256") }
        #expect(throws: PKCE.Refusal.missing) { try PKCE(challenge: nil, method: nil) }
    }

    @Test(arguments: ["", "a", String(repeating: "a", count: 42), String(repeating: "a", count: 44), String(repeating: "a", count: 42) + "=", String(repeating: "a", count: 42) + "~", String(repeating: "é", count: 43)])
    func `a challenge that no SHA-256 has is malformed`(challenge: String) {
        #expect(throws: PKCE.Refusal.malformed) { try PKCE(challenge: challenge, method: "S256") }
    }

    @Test func `a verifier has 43 to 128 unreserved letters`() {
        for length in [43, 44, 128] { #expect(PKCE.isVerifier(String(repeating: "~", count: length))) }
        for length in [0, 42, 129, 10_000] { #expect(!PKCE.isVerifier(String(repeating: "a", count: length))) }
        for letter in ["+", "/", "=", " ", "é", "\u{0}"] { #expect(!PKCE.isVerifier(String(repeating: "a", count: 43) + letter)) }
    }
}
