import Synchronization

/// What was read, and may be gone by until somebody says that it is over.
package struct Remembered<Value: Sendable>: Sendable {
    package var value: Value
    /// Whose end is its end.
    package var subjects: Set<String>
    /// What is left of a life that ends by itself.
    package var life: Duration?

    package init(_ value: Value, subjects: Set<String>, life: Duration? = nil) {
        self.value = value
        self.subjects = subjects
        self.life = life
    }
}

/// Remembers what was read by key: for thirty seconds while revocations are heard, for one while they are not, and never past a revocation of one of its
/// subjects. What is looked for by many at once is read once; a read that began before a revocation came does not put the old answer back.
///
/// No lock is held while something is read. Bounded: when full, what has had its time goes, and everything if that is not enough.
package final class RevocableCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    package struct Bounds: Sendable {
        package var heard = Duration.seconds(30)
        package var unheard = Duration.seconds(1)
        /// Of the answer that there is nothing.
        package var nothing = Duration.seconds(1)
        package var entries = 20_000

        package init() {}
    }

    private struct State {
        var shelf: RevocableShelf<Key, Value>
        var reads: [Key: Read] = [:]
    }

    /// One that is under way, and what has come in between.
    private final class Read {
        /// They learn what the read failed with, if it did.
        var waiters: [CheckedContinuation<(any Error)?, Never>] = []
        var over: Set<String> = []
        var isEverythingOver = false
        static var mostOver: Int { 1000 }

        func note(_ subjects: Set<String>) {
            if over.count < Self.mostOver { over.formUnion(subjects) } else { isEverythingOver = true }
        }
        func spoils(_ subjects: Set<String>) -> Bool { isEverythingOver || !over.isDisjoint(with: subjects) }
    }

    private enum Turn { case known(Value?), reader, other }

    private let state: Mutex<State>
    private let now: @Sendable () -> ContinuousClock.Instant
    /// A key that is revoked again and again is not read for ever.
    private static var mostReads: Int { 3 }

    /// - Parameter now: for tests.
    package init(_ bounds: Bounds = Bounds(), revocations: Revocations?, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        state = Mutex(State(shelf: RevocableShelf(bounds)))
        self.now = now
        revocations?.listen { [weak self] in self?.hear($0) }
    }

    var count: Int { state.withLock { $0.shelf.count } }
    func waiting(for key: Key) -> Int { state.withLock { $0.reads[key]?.waiters.count ?? 0 } }

    package func hear(_ news: Revocations.News) {
        state.withLock { state in
            switch news {
            case .over(let subjects):
                state.shelf.remove(subjects)
                for read in state.reads.values { read.note(subjects) }
            case .hearing:
                state.shelf.removeAll()
                state.shelf.isHearing = true
                for read in state.reads.values { read.isEverythingOver = true }
            case .deaf: state.shelf.isHearing = false
            }
        }
    }

    /// What is remembered; nil when it has to be read. `.some(nil)`: that there is nothing.
    package func known(_ key: Key) -> Value?? {
        let now = now()
        return state.withLock { $0.shelf.find(key, now) }
    }

    /// What is remembered, or else read. An error of the read is everybody's who waits for it, but none of them goes by another's cancellation.
    /// - Parameter read: nil for nothing, which is remembered too, for a moment.
    package func value(for key: Key, read: () async throws -> Remembered<Value>?) async throws -> Value? {
        while true {
            switch turn(for: key) {
            case .known(let value): return value
            case .reader: return try await lead(key, read)
            case .other:
                let failure: (any Error)? = await withCheckedContinuation { continuation in
                    let waits = state.withLock { state in
                        state.reads[key]?.waiters.append(continuation)
                        return state.reads[key] != nil
                    }
                    if !waits { continuation.resume(returning: nil) }
                }
                if let failure { throw failure }
            }
        }
    }

    private func turn(for key: Key) -> Turn {
        let now = now()
        return state.withLock { state in
            if let known = state.shelf.find(key, now) { return .known(known) }
            if state.reads[key] != nil { return .other }
            state.reads[key] = Read()
            return .reader
        }
    }

    private func lead(_ key: Key, _ read: () async throws -> Remembered<Value>?) async throws -> Value? {
        var failure: (any Error)?
        defer {
            let waiters = state.withLock { $0.reads.removeValue(forKey: key)?.waiters ?? [] }
            for waiter in waiters { waiter.resume(returning: failure) }
        }
        do {
            return try await readAndKeep(key, read)
        } catch {
            // Who was cancelled leaves the reading to one of those who wait.
            failure = Task.isCancelled ? nil : error
            throw error
        }
    }

    private func readAndKeep(_ key: Key, _ read: () async throws -> Remembered<Value>?) async throws -> Value? {
        var found: Remembered<Value>?
        for _ in 0..<Self.mostReads {
            let begun = now()
            found = try await read()
            let isKept = state.withLock { state in
                guard let under = state.reads[key], !under.spoils(found?.subjects ?? []) else {
                    state.reads[key]?.over = []
                    state.reads[key]?.isEverythingOver = false
                    return false
                }
                state.shelf.put(key, found, readAt: begun)
                return true
            }
            if isKept { break }
        }
        return found?.value
    }
}
