import Ledger
import Primitives
import Testing

@testable import Jobs

/// The circuit by tables and by random histories.
@Suite struct CircuitLaws {
    private static let second: Int64 = 1_000_000

    private func health(at now: Int64 = 1000 * second) -> EndpointHealth {
        EndpointHealth(endpoint: IdentifierSource.system.next(), workspace: IdentifierSource.system.next(), now: now)
    }

    private func after(_ seconds: Int64, _ successes: Int64, _ failures: Int64, _ health: inout EndpointHealth) -> Circuit.Move {
        health.now += seconds * Self.second
        health.successes += successes
        health.failures += failures
        return Circuit.observe(&health, Circuit.Policy())
    }

    @Test(arguments: [
        (0, 9, false), (0, 10, true), (2, 8, true), (3, 8, false), (100, 100, false), (20, 80, true), (21, 79, false), (1000, 0, false),
    ] as [(Int64, Int64, Bool)])
    func `it opens on a ratio of failures, and on so many attempts at least`(_ successes: Int64, _ failures: Int64, _ opens: Bool) {
        var health = health()
        let move = after(1, successes, failures, &health)
        #expect((move == .opens(for: .seconds(5))) == opens, "\(move)")
        #expect((health.circuit == .open) == opens)
    }

    @Test func `failures far apart do not add up`() {
        var health = health()
        for _ in 0..<100 { #expect(after(30, 0, 2, &health) == .stays) }
        #expect(health.circuit == .closed)
    }

    @Test func `each opening rests twice as long, up to a bound, and answers under way are no probes`() {
        var health = health()
        var rests: [Duration] = []
        guard case .opens(let first) = after(1, 0, 10, &health) else { return #expect(Bool(false), "it opens") }
        rests.append(first)
        for _ in 0..<8 {
            #expect(after(1, 0, 5, &health) == .stays, "it was sent before")
            let rest = (health.circuitUntil ?? 0) - health.now
            guard case .opens(let next) = after(rest / Self.second + 1, 0, 1, &health) else { return #expect(Bool(false), "a failed probe opens it again") }
            rests.append(next)
        }
        #expect(rests == [5, 10, 20, 40, 80, 160, 300, 300, 300].map { .seconds($0) })
    }

    @Test func `a probe that succeeds closes it, and peace for a window makes the next opening a first one`() {
        var health = health()
        _ = after(1, 0, 10, &health)
        #expect(after(6, 0, 0, &health) == .stays)
        #expect(health.circuit == .halfOpen, "no answer yet")
        #expect(after(1, 1, 0, &health) == .closes)
        #expect(health.circuit == .closed && health.circuitUntil == nil && health.trips == 1)
        #expect(after(1, 0, 10, &health) == .opens(for: .seconds(10)), "it failed again at once")
        #expect(after(11, 3, 0, &health) == .closes)
        #expect(after(61, 1, 0, &health) == .stays)
        #expect(after(1, 0, 10, &health) == .opens(for: .seconds(5)))
    }

    @Test func `whatever the history, an open circuit has an end, and without failures it closes at the first success`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var health = health()
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                let (successes, failures) = (Int64.random(in: 0...20, using: &random), Int64.random(in: 0...20, using: &random))
                let move = after(Int64.random(in: 0...90, using: &random), successes, failures, &health)
                if case .opens(let rest) = move {
                    #expect(failures > 0 && rest >= .seconds(5) && rest <= .seconds(300))
                    #expect(health.circuitUntil == health.now + rest.microseconds)
                }
                #expect((health.circuit == .closed) == (health.circuitUntil == nil))
                #expect(health.windowSuccesses <= health.successes && health.windowFailures <= health.failures && health.windowSince <= health.now)
            }
            _ = after(301, 0, 0, &health)
            _ = after(1, 1, 0, &health)
            _ = after(301, 1, 0, &health)
            _ = after(1, 1, 0, &health)
            #expect(health.circuit == .closed, "\(health)")
        }
    }
}
