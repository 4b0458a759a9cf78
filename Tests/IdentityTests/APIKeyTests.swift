import Identity
import Testing

@Suite struct APIKeySecretTests {
    @Test func `a minted key has the agreed form and is read back`() throws {
        let secret = APIKeySecret.mint()
        #expect(secret.exposed.utf8.count == 59)
        #expect(secret.exposed.hasPrefix("vk_\(secret.prefix)_"))
        let read = try #require(APIKeySecret(secret.exposed))
        #expect(read.prefix == secret.prefix)
        #expect(read.hash == secret.hash)
        #expect(secret.hash.count == 32)
        #expect(APIKeySecret.mint().exposed != secret.exposed)
    }

    @Test func `a key matches its own hash only`() {
        let secret = APIKeySecret.mint()
        #expect(secret.matches(hash: secret.hash))
        var other = secret.hash
        other[31] ^= 1
        #expect(!secret.matches(hash: other))
        #expect(!secret.matches(hash: []))
        #expect(!secret.matches(hash: Array(secret.hash.dropLast())))
    }

    @Test func `what is no key is refused`() {
        let good = APIKeySecret.mint().exposed
        for bad in [
            "", "vk_", String(good.dropLast()), good + "a", "xk" + good.dropFirst(2), good.replacing("vk_", with: "vk-"),
            String(good.dropLast()) + "é",
        ] {
            #expect(APIKeySecret(bad) == nil, "\(bad)")
        }
    }

    @Test func `a dump of a key does not show it`() {
        let secret = APIKeySecret.mint()
        var text = ""
        dump(secret, to: &text)
        #expect(!text.contains(secret.exposed))
        #expect(!"\(secret)".contains(secret.exposed))
    }
}
