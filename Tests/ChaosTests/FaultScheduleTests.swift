import Chaos
import Primitives
import Testing

@Suite struct FaultSchedules {
    private static let shape = FleetShape(workers: 3, schedulers: 2, apis: 2)

    private static func schedule(_ seed: UInt64, seconds: Int = 600, kinds: [FaultKind] = FaultKind.allCases) -> FaultSchedule {
        FaultSchedule(seed: seed, length: .seconds(seconds), kinds: kinds, shape: shape)
    }

    @Test func `a seed is a run`() {
        #expect(Self.schedule(7) == Self.schedule(7))
        #expect(Self.schedule(7) != Self.schedule(8))
    }

    /// A repeated run is worth something only if releases of the toolchain agree about it.
    @Test func `the generator's numbers are the published ones`() {
        var random = SplitMix64(seed: 1_234_567)
        #expect((0..<3).map { _ in random.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `every fault is over before the run is, and every kind has its turn`(seed: UInt64) {
        let faults = Self.schedule(seed).faults
        #expect(Set(faults.map(\.kind)) == Set(FaultKind.allCases))
        for fault in faults {
            #expect(fault.at >= .seconds(2) && fault.ends <= .seconds(600))
            #expect([.flush].contains(fault.kind) || fault.lasts >= .zero)
        }
    }

    /// Two faults may meet, but not at one thing: a store that is stopped cannot be filled.
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `what is hit is let go before it is hit again`(seed: UInt64) {
        let faults = Self.schedule(seed).faults
        var meetings = 0
        for (index, fault) in faults.enumerated() {
            for later in faults[(index + 1)...] where later.at < fault.ends {
                meetings += 1
                #expect(fault.claims.isDisjoint(with: later.claims), "\(fault.text) and \(later.text)")
            }
        }
        #expect(meetings > 0)
    }

    @Test func `only what was asked for happens`() {
        let kinds = Set(Self.schedule(3, kinds: [.flush, .cut]).faults.map(\.kind))
        #expect(kinds == [.flush, .cut])
        #expect(Self.schedule(3, kinds: []).faults.isEmpty)
    }
}
