import Ledger
import Postgres
import Primitives
import Queue
import Redis
import Synchronization

/// Looks at the books while the system works, and at books and index when it has come to rest.
final class Auditor: Sendable {
    /// Longest wait at the end for what is due, and for what is due soon.
    private static let patience = Duration.seconds(120)
    private static let soon = Duration.seconds(30)
    private static let pause = Duration.seconds(3)

    private let stack: StoreStack
    private let clock: RunClock
    private let seen = Mutex<[String]>([])

    init(stack: StoreStack, clock: RunClock) {
        self.stack = stack
        self.clock = clock
    }

    /// What did not balance at some moment until now.
    var found: [String] { seen.withLock(\.self) }

    /// The books balance at every instant, so any instant will do. Until it is cancelled.
    func watch() async throws {
        while true {
            try await Task.sleep(for: Self.pause)
            // Without an answer there is nothing to say: Postgres may be away.
            guard let books = try? await Audit(pool: stack.pool).books() else { continue }
            let time = clock.now.tenths
            seen.withLock { seen in seen += books.differences.map { "at \(time) s: \($0)" } }
        }
    }

    /// Waits until nothing is due, or soon will be.
    /// - Returns: how long that took.
    func settle() async throws -> Duration {
        let begins = clock.now
        let sql = "SELECT count(*) FROM jobs WHERE state = 'pending' AND run_at <= now() + make_interval(secs => \(Self.soon.milliseconds / 1000))"
        while clock.now - begins < Self.patience {
            if let row = try? await stack.pool.query(sql).first, try row.int64(0) == 0 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        return clock.now - begins
    }

    /// Lines that do not balance, then and now. The index is asked again for a while: it may still be letting go of what is over.
    func differences() async throws -> [String] {
        let begins = clock.now
        let books = try await Audit(pool: stack.pool).books().differences
        while true {
            var lines: [String] = []
            do {
                lines = try await IndexAudit(map: QueueMap(), redis: stack.index, waiting: WaitingJobs(pool: stack.pool)).look().differences
            } catch {
                lines.append("the index cannot be read: \(error)")
            }
            if lines.isEmpty || clock.now - begins > .seconds(15) { return found + books + lines }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
