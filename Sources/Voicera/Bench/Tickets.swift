import Primitives
import Synchronization

/// Hands out the numbers of a run to many callers, each number once.
final class Tickets: Sendable {
    private let next = Mutex(0)
    private let count: Int

    init(count: Int) { self.count = count }

    /// The next `size` numbers; nil when all are out.
    func take(_ size: Int = 1) -> Range<Int>? {
        next.withLock { next in
            guard next < count else { return nil }
            defer { next += size }
            return next..<min(next + size, count)
        }
    }
}

/// When each job was accepted.
final class AcceptTimes: Sendable {
    private let times = Mutex<[JobID: ContinuousClock.Instant]>([:])

    func note(_ job: JobID) {
        let now = ContinuousClock.now
        times.withLock { $0[job] = now }
    }

    var all: [JobID: ContinuousClock.Instant] { times.withLock { $0 } }
}
