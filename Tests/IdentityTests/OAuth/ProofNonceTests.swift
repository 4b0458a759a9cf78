import Identity
import Primitives
import Synchronization
import Testing

@Suite struct ProofNonceTests {
    private final class Clock: Sendable {
        let seconds = Mutex<Int64>(1_800_000_000)
    }
    private let secret = Redacted(Sealer.randomKey())
    private let clock = Clock()

    private func nonces(_ secret: Redacted<String>? = nil) throws -> ProofNonces {
        ProofNonces(sealer: try Sealer(secret: secret ?? self.secret)) { [clock] in clock.seconds.withLock { $0 } }
    }

    @Test func `every process of an installation knows a nonce, and no other does`() throws {
        let nonce = try nonces().mint()
        #expect(try nonces().accepts(nonce))
        #expect(try !nonces(Redacted(Sealer.randomKey())).accepts(nonce))
    }

    @Test(arguments: [(Int64(-61), false), (-60, true), (0, true), (300, true), (301, false), (86_400, false)])
    func `a nonce is good for five minutes, and clocks may differ by one`(later: Int64, isGood: Bool) throws {
        let nonce = try nonces().mint()
        clock.seconds.withLock { $0 += later }
        #expect(try nonces().accepts(nonce) == isGood)
    }

    @Test func `no other text is one, and none traps`() throws {
        let nonce = try nonces().mint()
        for text in [nil, "", "x", nonce + "A", String(nonce.dropLast()), String(nonce.reversed()), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", String(repeating: "_", count: 32)] {
            #expect(try !nonces().accepts(text), "\(text ?? "nil")")
        }
        var numbers = SplitMix64(seed: 9449)
        for _ in 0..<500 {
            let changed = numbers.mutation(of: nonce)
            if changed != nonce { #expect(try !nonces().accepts(changed)) }
        }
    }
}
