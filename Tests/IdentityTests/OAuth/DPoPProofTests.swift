import Crypto
import Foundation
import Identity
import JWTKit
import Primitives
import Testing

@Suite struct DPoPProofTests {
    private let maker = ProofMaker()
    private let url = "https://api.example/api/oauth/token"
    private let now: Int64 = 1_000_000

    private func verify(_ text: String, method: String = "POST", url: String? = nil, token: String? = nil, now: Int64? = nil) throws -> DPoPProof {
        try DPoPProof(verifying: text, method: method, url: url ?? self.url, accessToken: token.map { Redacted($0) }, now: now ?? self.now)
    }

    private func refusal(_ text: String, method: String = "POST", url: String? = nil, token: String? = nil) -> DPoPProof.Refusal? {
        do {
            _ = try verify(text, method: method, url: url, token: token)
            return nil
        } catch { return error as? DPoPProof.Refusal }
    }

    @Test func `the proof of RFC 9449 is in order, and its thumbprint is the one that it names`() throws {
        let proof = try verify(
            """
            eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiL\
            CJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVC\
            IsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXi\
            OSsX0x7NVY-FNyJK70nfbV37xRZT3Lg
            """, url: "https://server.example.com/token", now: 1_562_262_616)
        #expect(proof.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        #expect(proof.id == "-BwC3ESc6acc2lTc" && proof.issuedAt == 1_562_262_616)
    }

    @Test func `each algorithm that we name is taken`() async throws {
        #expect(try verify(maker.sign()).id == "j1")
        #expect(try verify(maker.signEdwards()).id == "j1")
        for algorithm in ["RS256", "PS256"] { #expect(try verify(try await RSAProof.make(algorithm)).id == "j1", "\(algorithm)") }
    }

    @Test func `the type may be spelled in any case, and must be there`() throws {
        #expect(throws: Never.self) { try verify(maker.sign(maker.header(typ: "DPoP+JWT"))) }
        for typ in ["JWT", "at+jwt", "", "dpop"] { #expect(try refusal(maker.sign(maker.header(typ: typ))) == .wrongType) }
    }

    @Test(arguments: ["none", "HS256", "ES384", "es256", "RS512", "", "dir"]) func `no other algorithm is taken`(algorithm: String) throws {
        #expect(try refusal(maker.sign(maker.header(alg: algorithm))) == .algorithmNotSupported)
    }

    @Test func `a key that is private, shared, of another kind or not there is refused`() throws {
        let d = Base64URL.encode(maker.key.rawRepresentation)
        let withPrivate = String(maker.jwk.dropLast()) + #","d":"\#(d)"}"#
        for jwk in [withPrivate, #"{"kty":"oct","k":"AAAA"}"#, maker.edwardsJWK, "{}", "null", "[]", #""x""#, #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#] {
            #expect(try refusal(maker.sign(maker.header(jwk: jwk))) == .keyNotSupported, "\(jwk)")
        }
        #expect(try refusal(maker.sign(#"{"typ":"dpop+jwt","alg":"ES256"}"#)) == .keyNotSupported)
        // Not a point of the curve.
        let nowhere = Base64URL.encode([UInt8](repeating: 1, count: 32))
        #expect(try refusal(maker.sign(maker.header(jwk: #"{"kty":"EC","crv":"P-256","x":"\#(nowhere)","y":"\#(nowhere)"}"#))) == .keyNotSupported)
    }

    @Test func `another's signature is refused, and so is a changed claim`() throws {
        let proof = try maker.sign()
        let parts = proof.split(separator: ".")
        let other = try ProofMaker().sign(maker.header())
        #expect(refusal(other) == .badSignature)
        #expect(refusal("\(parts[0]).\(Base64URL.encode(Array(maker.claims(method: "GET").utf8))).\(parts[2])", method: "GET") == .badSignature)
        #expect(refusal("\(parts[0]).\(parts[1]).") == .badSignature)
    }

    @Test func `method and URL are the request's, the URL without query and by its meaning`() throws {
        #expect(try refusal(maker.sign(), method: "GET") == .wrongMethod)
        #expect(try refusal(maker.sign(nil, maker.claims(method: "post"))) == .wrongMethod)
        for same in ["HTTPS://API.example/api/oauth/token", "https://api.example:443/api/oauth/token", "\(url)?a=b", "\(url)#f"] {
            #expect(throws: Never.self, "\(same)") { try verify(maker.sign(nil, maker.claims(url: same))) }
        }
        for other in ["https://api.example/api/oauth/Token", "http://api.example/api/oauth/token", "https://api.example:8443/api/oauth/token", "", "token", "https://", "https://u@api.example/api/oauth/token", "\(url)/"] {
            #expect(try refusal(maker.sign(nil, maker.claims(url: other))) == .wrongURL, "\(other)")
        }
    }

    @Test(arguments: [-60, -10, 0, 10, 60]) func `a proof of a minute ago or ahead is taken`(offset: Int64) throws {
        #expect(throws: Never.self) { try verify(maker.sign(nil, maker.claims(time: "\(now + offset)"))) }
    }

    @Test(arguments: ["999939", "1000061", "0", "1099511627775"]) func `an older or later one is not`(time: String) throws {
        #expect(try refusal(maker.sign(nil, maker.claims(time: time))) == .wrongTime)
    }

    @Test(arguments: ["-1", "\"1000000\"", "null", "1e400", "99999999999999999999", "{}"]) func `a time that is none is malformed`(time: String) throws {
        #expect(try refusal(maker.sign(nil, maker.claims(time: time))) == .malformed)
    }

    @Test func `the ends that a proof sets itself hold`() throws {
        #expect(throws: Never.self) { try verify(maker.sign(nil, maker.claims(time: "1000000.75", more: #","nbf":999000,"exp":1000300"#))) }
        #expect(try refusal(maker.sign(nil, maker.claims(more: #","exp":999000"#))) == .wrongTime)
        #expect(try refusal(maker.sign(nil, maker.claims(more: #","nbf":1009000"#))) == .wrongTime)
        #expect(try refusal(maker.sign(nil, maker.claims(more: #","exp":"soon""#))) == .malformed)
    }

    @Test func `an id is there, a text, and not endless`() throws {
        for id in ["null", "1", #""""#, "\"\(String(repeating: "a", count: 257))\""] { #expect(try refusal(maker.sign(nil, maker.claims(jti: id))) == .malformed) }
    }

    @Test func `for a resource it is bound to the access token`() throws {
        let hash = Base64URL.encode(SHA256.hash(data: Data("the token".utf8)).map(\.self))
        let bound = try maker.sign(nil, maker.claims(more: #","ath":"\#(hash)""#))
        #expect(throws: Never.self) { try verify(bound, token: "the token") }
        #expect(refusal(bound, token: "another token") == .wrongToken)
        #expect(try refusal(maker.sign(), token: "the token") == .wrongToken)
    }

    @Test func `what names a member twice, or what must be understood, is malformed`() throws {
        #expect(try refusal(maker.sign(maker.header(more: #","typ":"dpop+jwt""#))) == .malformed)
        #expect(try refusal(maker.sign(nil, maker.claims(more: #","htm":"POST""#))) == .malformed)
        #expect(try refusal(maker.sign(maker.header(more: #","crit":["x"]"#))) == .malformed)
        for text in ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.e30.e30", String(repeating: "a", count: 9000)] { #expect(refusal(text) != nil) }
    }

    @Test func `no changed proof is taken and none traps`() throws {
        var numbers = SplitMix64(seed: 9449)
        let (proof, header, claims) = (try maker.sign(), maker.header(), maker.claims())
        for _ in 0..<1500 {
            let changed = numbers.mutation(of: proof)
            if changed != proof { #expect(refusal(changed) != nil, "\(changed)") }
            // Signed again, so that what comes behind the signature is reached too.
            _ = refusal(try maker.sign(numbers.mutation(of: header), claims))
            _ = refusal(try maker.sign(header, numbers.mutation(of: claims)))
        }
    }
}

/// Signed by JWTKit, which is another reading of the same RFCs.
private enum RSAProof {
    private struct Claims: JWTPayload {
        var jti = "j1"
        var htm = "POST"
        var htu = "https://api.example/api/oauth/token"
        var iat = 1_000_000

        func verify(using _: some JWTAlgorithm) async throws {}
    }

    static func make(_ algorithm: String) async throws -> String {
        let key = try Insecure.RSA.PrivateKey(pem: pem)
        let (n, e) = try key.publicKey.getKeyPrimitives()
        let keys = JWTKeyCollection()
        if algorithm == "RS256" { await keys.add(rsa: key, digestAlgorithm: .sha256) } else { await keys.add(pss: key, digestAlgorithm: .sha256) }
        let jwk: JWTHeaderField = ["kty": "RSA", "n": .string(Base64URL.encode(n)), "e": .string(Base64URL.encode(e))]
        return try await keys.sign(Claims(), header: ["typ": "dpop+jwt", "jwk": jwk])
    }

    /// Made for this test only.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCy4WytWMPQdnTx
        4DTJUiChr01b4GnYCBuWXydbyjtP4fhY70uQxljdPYCtImOhW63l6Gbqo9K2APhN
        t5h8P9uv62NZx6Xq0WoVronjJFaxzFdNl5qlhwTcdrxL4f7itHCLGFFH2S84PfIs
        zG3+106dz3wuPmq287RHwqGPSHTUuAv5tgOQ13f1dhs/mjYiXLxfHoU+tBJXqbAB
        jHkAr7HTWyOvI+Opkv/5NxwaZOC7rA3El7x/84IstgCN77Uc8QyWvdqGgfqxCzDn
        VKaT5VduZHmD0ajDZpPawG/esqDoz5i/ysgNK/FfAA6NIc30iS7IFOOveWTYOPRm
        JKfMgiYtAgMBAAECggEAJRydNDqkB4IoAY2TTghOslTBHzRoKTSHarNrokDK/OgE
        Iwlke1EXWzE5GtJ1aqLvaXFFtt0NqIp7eX5DcdW60ZzrpBMGcnkHgh+PxnMB1Inx
        O+0d3cUtJkMxDipBPA4VAlqldFtUD15UueQg1vwa+KU1HZAAClx11OSFqcktyfra
        /IEitvXFTmA8bMrIo/+lWDjWhU7fqFVKzhGy+VTPgbvTzQqT1ZdNiChHmbrNauWe
        wWhhCMWCo/346s4Vgol5vahxFjYprodJ+gs6mL1KSQgQdEbq5I2gpT5EQnmhuYE0
        YiS6oMVCMk+ZL0bzs3Z5oA6yL3MLd+EMww9Z2azSaQKBgQDq8qzeeAq3WY1oewOz
        ythEbSovdr5GETBauZloHj5/dLolSfEl2E6ICUwomvuu8pcRDV3yqXecfdtMhC2y
        h/+gRhEA9HihxgM90R07REMHkiP5XySk/p9k0bfnNHKnj6cI35VGsoyxgnDs1DtQ
        8+cJNas/uz59j3ohFjRYxH0U9QKBgQDC6KeG4OF+8FVDtJ9eduX8juHzHCzaDH52
        Dv1qdVQRcXvLKXkpH+ejqUwhw0AInAo4KPVn94a9NRnJzYR+NFFhL20ZKMOpf5qE
        KO6wRibLf3rMD5TZt4EA0wbbrFshMy8DQcANCgV7SBD5f5929KCQRQ5tnkkEQKTx
        k4UQ4lxJWQKBgQDCyvEIgf5ghZ74QQWQy10DXn7bW1fmP9oXXkoSSQEIK38p62RE
        PFLf9tVt1RFWu0sEmFCMIHVLCg4IIo7AtoD6IR137TkW51VIq1fRC4eHf2LUHk4D
        fhgpPrd6ucFVq4SRls3tD5wWkE+QC2YieBXVTOnurQ/iilJ3nDFKZ55NAQKBgGXN
        zYsGtOFvuKlnk4Jsyg3Tt7MauVafBgK2K6lKZUHDK6zfGbjgQEZcrDZKXIziq/fP
        dPb78/Wp4bFlVlnxC7yeX/avMxu6WcPD+YA69BKAoGwri0z4qzn5/3AII4VAzcJ+
        ukhVPq2445zeCzW/6onQeAvLjEnbVgwUSIGcKiXpAoGAMxlT6E6yBzjO7jSSK5Pa
        0tTCksi7xM9YPBTp2QUPPw0eCIYA3gXfv4i1D+N29HkzY2sE9Q9vvsDuhCxF8/yX
        p2or6spvM1FKKDFscNF+GXVrEPxsobSRVJK6tL3SgAU01FFuI/tIL5VugTIT2rO+
        oqYIVVDrZCXHyjVnU2xEDwE=
        -----END PRIVATE KEY-----
        """
}
