import Identity
import Primitives
import Testing

/// RFC 7523 §3 with RFC 7521 §4.2, and what is ours: one audience, an hour at most.
@Suite struct ClientAssertionTests {
    private let maker = ProofMaker()
    private let now: Int64 = 1_800_000_000
    private static let us = "https://api.example"

    private func keys(_ jwks: String? = nil) throws -> ClientKeys { try ClientKeys(RawJSON(Array((jwks ?? #"{"keys":[\#(maker.jwk)]}"#).utf8))) }

    private func claims(_ changes: [String: String?] = [:]) -> String {
        var claims: [String: String?] = [
            "iss": #""c1""#, "sub": #""c1""#, "aud": "\"\(Self.us)\"", "jti": #""a""#, "exp": "\(now + 60)", "iat": "\(now)",
        ]
        claims.merge(changes) { $1 }
        return "{" + claims.compactMap { pair in pair.value.map { "\"\(pair.key)\":\($0)" } }.sorted().joined(separator: ",") + "}"
    }

    private func refusal(_ text: String, keys: ClientKeys? = nil) throws -> ClientAssertion.Refusal? {
        do {
            _ = try ClientAssertion(
                verifying: text, client: "c1", keys: try keys ?? self.keys(), audiences: [Self.us, Self.us + "/api/oauth/token"], now: now)
            return nil
        } catch { return error as? ClientAssertion.Refusal }
    }

    @Test func `an assertion by the client's key is in order, with and without a type`() throws {
        for header in [#"{"alg":"ES256"}"#, #"{"alg":"ES256","typ":"JWT"}"#, #"{"alg":"ES256","typ":"client-authentication+jwt"}"#] {
            #expect(try refusal(maker.sign(header, claims())) == nil)
        }
        #expect(try refusal(maker.sign(#"{"alg":"ES256"}"#, claims(["aud": "[\"\(Self.us)/api/oauth/token\"]"]))) == nil)
        #expect(try refusal(maker.sign(#"{"alg":"ES256"}"#, claims(["iat": nil]))) == nil)
        #expect(try ClientAssertion.subject(of: maker.sign(#"{"alg":"ES256"}"#, claims())) == "c1")
    }

    @Test(arguments: [
        ("iss", #""c2""#, .wrongName), ("sub", #""c2""#, .wrongName), ("iss", nil, .wrongName), ("sub", nil, .wrongName), ("aud", nil, .wrongName),
        ("aud", #""https://other.example""#, .wrongName), ("aud", #"["https://api.example","https://other.example"]"#, .wrongName), ("aud", "[]", .wrongName),
        ("jti", nil, .malformed), ("jti", "7", .malformed), ("jti", #""""#, .malformed), ("exp", nil, .malformed), ("exp", #""soon""#, .malformed),
        ("exp", "1799999939", .wrongTime), ("exp", "1800003661", .wrongTime), ("iat", "1800000061", .wrongTime), ("nbf", "1800000061", .wrongTime),
        ("nbf", #""x""#, .malformed),
    ] as [(String, String?, ClientAssertion.Refusal)])
    func `a claim that is missing or wrong is refused`(name: String, value: String?, expected: ClientAssertion.Refusal) throws {
        #expect(try refusal(maker.sign(#"{"alg":"ES256"}"#, claims([name: value]))) == expected)
    }

    @Test func `another's key, another algorithm, a proof of possession and a changed claim are refused`() throws {
        let good = try maker.sign(#"{"alg":"ES256"}"#, claims())
        #expect(try refusal(ProofMaker().sign(#"{"alg":"ES256"}"#, claims())) == .badSignature)
        for header in [#"{"alg":"none"}"#, #"{"alg":"HS256"}"#, #"{"alg":"EdDSA"}"#, #"{}"#] { #expect(try refusal(maker.sign(header, claims())) == .badSignature) }
        #expect(try refusal(maker.sign(#"{"alg":"ES256","typ":"dpop+jwt"}"#, claims())) == .malformed)
        #expect(try refusal(maker.sign(#"{"alg":"ES256","typ":"at+jwt"}"#, claims())) == .malformed)
        #expect(try refusal(maker.sign(#"{"alg":"ES256","crit":["x"]}"#, claims())) == .malformed)
        var numbers = SplitMix64(seed: 7523)
        for _ in 0..<500 {
            let changed = numbers.mutation(of: good)
            if changed != good { #expect(try refusal(changed) != nil, "\(changed)") }
        }
    }

    @Test func `the header's kid chooses among the keys, and every algorithm has its kind of key`() throws {
        let named = maker.jwk.dropLast() + #","kid":"k1"}"#
        let other = ProofMaker()
        let keys = try keys(#"{"keys":[\#(other.jwk.dropLast()),"kid":"k2"},\#(named),\#(maker.edwardsJWK)]}"#)
        #expect(try refusal(maker.sign(#"{"alg":"ES256","kid":"k1"}"#, claims()), keys: keys) == nil)
        #expect(try refusal(maker.sign(#"{"alg":"ES256","kid":"k2"}"#, claims()), keys: keys) == .badSignature)
        #expect(try refusal(maker.sign(#"{"alg":"ES256"}"#, claims()), keys: keys) == nil)
        #expect(try refusal(other.sign(#"{"alg":"ES256","kid":"k2"}"#, claims()), keys: keys) == nil)
    }

    @Test func `keys are public, few, and such as sign`() throws {
        let jwk = maker.jwk
        for bad in [
            "{}", #"{"keys":[]}"#, #"{"keys":{}}"#, #"{"keys":[{}]}"#, #"{"keys":[1]}"#, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#,
            #"{"keys":[\#(jwk.dropLast()),"d":"AAAA"}]}"#, #"{"keys":[\#(jwk.dropLast()),"use":"enc"}]}"#, #"{"keys":[\#(jwk.dropLast()),"alg":"RS256"}]}"#,
            #"{"keys":[\#(Array(repeating: jwk, count: 11).joined(separator: ","))]}"#,
        ] {
            #expect(throws: ClientKeys.Malformed.self, "\(bad)") { try keys(bad) }
        }
        let good = try keys(#"{"keys":[\#(jwk.dropLast()),"use":"sig","alg":"ES256","kid":"1"}],"more":1}"#)
        #expect(ClientKeys(stored: good.text) == good)
        #expect(ClientKeys(stored: "nonsense") == nil)
    }
}
