import Primitives
import Synchronization

/// Asks to be woken a few times a second and notes how late that was.
final class Stalls: Sendable {
    private static let pause = Duration.milliseconds(200)
    private let worst = Mutex(Duration.zero)

    var longest: Duration { worst.withLock(\.self) }

    /// Until it is cancelled.
    func watch() async throws {
        while true {
            let due = ContinuousClock.now + Self.pause
            try await Task.sleep(for: Self.pause)
            worst.withLock { $0 = max($0, ContinuousClock.now - due) }
        }
    }
}
