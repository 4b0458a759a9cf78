package import Ledger
import Primitives

/// Whether an endpoint is sent anything. Pure: it sees totals of successes and failures at certain times and says what follows.
///
/// Closed, it counts in windows; too many failures open it for a while, which doubles with every opening that follows. Afterwards it is half open: the
/// lane has come back by itself, with one job at a time (slow start), and the first answers decide. Nobody has to be there for that: a leader that is
/// late closes a circuit late, and opens it late, but keeps no lane waiting.
package enum Circuit {
    package struct Policy: Sendable, Equatable {
        package var window = Duration.seconds(60)
        /// Attempts without which a window says nothing.
        package var minimum: Int64 = 10
        /// Of them failed, in percent. High: where one kind of event is refused and the others are taken, the others go on.
        package var percent: Int64 = 80
        package var shortest = Duration.seconds(5)
        package var longest = Duration.seconds(300)

        package init() {}

        /// Of the nth opening in a row, from 1.
        func rest(_ trips: Int32) -> Duration { min(shortest * (1 << min(max(trips - 1, 0), 20)), longest) }
    }

    package enum Move: Sendable, Equatable {
        case stays
        case opens(for: Duration)
        case closes
    }

    /// Brings the health's circuit to `now`.
    package static func observe(_ health: inout EndpointHealth, _ policy: Policy) -> Move {
        let (successes, failures) = (health.successes - health.windowSuccesses, health.failures - health.windowFailures)
        switch health.circuit {
        case .closed:
            if successes + failures >= policy.minimum, failures * 100 >= (successes + failures) * policy.percent { return open(&health, policy) }
            if health.now - health.windowSince >= policy.window.microseconds {
                // A whole window in peace: the next time is a first time again.
                health.trips = 0
                begin(&health)
            }
        case .open:
            guard health.now >= health.circuitUntil ?? 0 else {
                // Those that were under way when it opened are no probes.
                begin(&health)
                return .stays
            }
            health.circuit = .halfOpen
            return decide(&health, successes, failures, policy)
        case .halfOpen: return decide(&health, successes, failures, policy)
        }
        return .stays
    }

    private static func decide(_ health: inout EndpointHealth, _ successes: Int64, _ failures: Int64, _ policy: Policy) -> Move {
        if failures > 0, failures >= successes { return open(&health, policy) }
        guard successes > 0 else { return .stays }
        (health.circuit, health.circuitUntil) = (.closed, nil)
        begin(&health)
        return .closes
    }

    private static func open(_ health: inout EndpointHealth, _ policy: Policy) -> Move {
        health.trips += 1
        let rest = policy.rest(health.trips)
        (health.circuit, health.circuitUntil) = (.open, health.now + rest.microseconds)
        begin(&health)
        return .opens(for: rest)
    }

    private static func begin(_ health: inout EndpointHealth) {
        (health.windowSince, health.windowSuccesses, health.windowFailures) = (health.now, health.successes, health.failures)
    }
}
