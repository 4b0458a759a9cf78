import Primitives
import Synchronization

/// How long events waited between two moments that are noted in any order: each knows the other by the event's trace.
///
/// Holds what has one moment only, and the waits: as many as the caller marks.
final class Waits: Sendable {
    private struct State {
        var accepted: [String: ContinuousClock.Instant] = [:]
        var reached: [String: ContinuousClock.Instant] = [:]
        var waits: [Int64] = []
    }

    private let state = Mutex(State())
    private let started = Atomic(0)

    /// The mark of an event by its number.
    static func mark(_ number: Int) -> String {
        // Both halves differ from zero, as a trace has to.
        TraceContext(trace: (high: 0x7665_6e74, low: UInt64(number) + 1), span: UInt64(number) + 1)?.stored ?? ""
    }

    func accepted(_ mark: String) {
        let now = ContinuousClock.now
        state.withLock { state in
            if let end = state.reached.removeValue(forKey: mark) {
                state.waits.append(max(0, ((end - now) as Duration).microseconds))
            } else {
                state.accepted[mark] = now
            }
        }
    }

    func reached(_ mark: String) {
        let now = ContinuousClock.now
        state.withLock { state in
            if let begun = state.accepted.removeValue(forKey: mark) {
                state.waits.append(((now - begun) as Duration).microseconds)
            } else {
                state.reached[mark] = now
            }
        }
    }

    /// Every first attempt, watched or not.
    func countFirst() { started.add(1, ordering: .relaxed) }
    var firsts: Int { started.load(ordering: .relaxed) }

    var count: Int { state.withLock { $0.waits.count } }
    var sorted: [Int64] { state.withLock { $0.waits.sorted() } }
}
