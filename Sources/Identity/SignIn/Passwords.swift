import Dispatch
package import Primitives
import Synchronization

/// Makes and checks hashes of passwords: a few at a time, on threads of their own, so that people who sign in take nothing from the rest of the API.
package final class Passwords: Sendable {
    package enum Verdict: Sendable, Equatable {
        case wrong
        /// With the hash to store in the place of the old one when that is of another cost than ours.
        case right(stronger: String?)
    }

    /// More wait than we may hold.
    package struct Busy: Error {}

    /// In Unicode scalars.
    package static let lengths = 10...200

    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let cost: PasswordCost
    private let concurrency: Int
    private let mostWaiting: Int
    private let state = Mutex(State())
    private let threads = DispatchQueue(label: "voicera.passwords", attributes: .concurrent)

    private let noteWork: @Sendable (PasswordCost) -> Void

    /// - Parameter noteWork: hears of each derivation, which is all that a check costs.
    package init(
        cost: PasswordCost = .usual, concurrency: Int = 2, mostWaiting: Int = 64, noteWork: @escaping @Sendable (PasswordCost) -> Void = { _ in }
    ) {
        self.noteWork = noteWork
        self.cost = cost
        self.concurrency = concurrency
        self.mostWaiting = mostWaiting
    }

    package func hash(_ password: Redacted<String>) async throws -> String {
        try await run { [self] in try make(of: password).text }
    }

    /// - Parameter stored: nil for an account that is not there or has no password; it is refused after as much work as any other.
    package func check(_ password: Redacted<String>, against stored: String?) async throws -> Verdict {
        try await run { [self] in
            // Nobody can have chosen such a one. How long a text is that somebody sent tells them nothing.
            guard password.exposed.unicodeScalars.count <= Self.lengths.upperBound else { return .wrong }
            guard let stored, let hash = PasswordHash(stored) else {
                _ = try make(of: password)
                return .wrong
            }
            noteWork(hash.cost)
            guard hash.isOf(password) else { return .wrong }
            return .right(stronger: hash.cost == cost ? nil : try make(of: password).text)
        }
    }

    private func make(of password: Redacted<String>) throws -> PasswordHash {
        noteWork(cost)
        return try PasswordHash(of: password, cost: cost)
    }

    private func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await withCheckedThrowingContinuation { continuation in
            threads.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }

    private func enter() async throws(Busy) {
        let isFull = state.withLock { $0.running >= concurrency && $0.waiting.count >= mostWaiting }
        if isFull { throw Busy() }
        await withCheckedContinuation { continuation in
            let mayEnter = state.withLock { state in
                if state.running < concurrency {
                    state.running += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayEnter { continuation.resume() }
        }
    }

    /// The place goes to who waits longest.
    private func leave() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
