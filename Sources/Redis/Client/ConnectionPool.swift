internal import NIOCore
internal import Synchronization

/// The client's connections, and who waits for one.
final class ConnectionPool: Sendable {
    private struct State {
        var slots: [Lifeline.Phase]
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        var isClosed = false
        /// Connections that were made, by slot.
        var made: [Int]
    }
    private let state: Mutex<State>

    init(slots: Int) {
        // A client that does not run yet is about to: its first callers wait as for any other connection being made.
        state = Mutex(State(slots: Array(repeating: .connecting, count: max(1, slots)), made: Array(repeating: 0, count: max(1, slots))))
    }

    var isConnected: Bool { state.withLock { Self.leastLoaded($0.slots) != nil } }

    func set(_ slot: Int, _ phase: Lifeline.Phase) {
        wake { state in
            state.slots[slot] = phase
            if case .connected = phase { state.made[slot] += 1 }
        }
    }

    /// Connections that were made in the place of a lost one.
    var reconnections: Int { state.withLock { $0.made.reduce(0) { $0 + max(0, $1 - 1) } } }

    /// Nobody gets a connection any more.
    func close() {
        wake { $0.isClosed = true }
    }

    /// The least loaded connection. While none is there but one is being made, waits a little.
    func session(for operation: String, within wait: TimeAmount, on eventLoop: any EventLoop) async throws(RedisError) -> Session {
        if let session = try session(for: operation, giveUp: false) { return session }
        await withCheckedContinuation { continuation in
            let waiter: Int? = state.withLock { state in
                guard !state.isClosed, Self.leastLoaded(state.slots) == nil else { return nil }
                defer { state.nextWaiter += 1 }
                state.waiters[state.nextWaiter] = continuation
                return state.nextWaiter
            }
            guard let waiter else { return continuation.resume() }
            eventLoop.scheduleTask(in: wait) {
                self.state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
            }
        }
        guard let session = try session(for: operation, giveUp: true) else { throw Self.notConnected(operation, []) }
        return session
    }

    /// Nil while one is being made, unless it has been waited for.
    private func session(for operation: String, giveUp: Bool) throws(RedisError) -> Session? {
        let (slots, isClosed) = state.withLock { ($0.slots, $0.isClosed) }
        if isClosed { throw RedisError(.closed, operation: operation) }
        if let session = Self.leastLoaded(slots) { return session }
        // `connected`, yet not chosen: just lost, and its lifeline is about to connect again.
        let isHopeful = slots.contains { if case .resting = $0 { false } else { true } }
        if giveUp || !isHopeful { throw Self.notConnected(operation, slots) }
        return nil
    }

    /// Says why the last attempt failed: a wrong password or an unknown host is not to be looked for in the logs only.
    private static func notConnected(_ operation: String, _ slots: [Lifeline.Phase]) -> RedisError {
        for case .resting(after: let failure?) in slots { return RedisError(.unavailable, operation: operation, reason: "not connected: \(failure)") }
        return RedisError(.unavailable, operation: operation, reason: "not connected")
    }

    private static func leastLoaded(_ slots: [Lifeline.Phase]) -> Session? {
        var best: Session?
        var least = Int.max
        // A link closes before its lifeline has noticed; idle as it then is, it would be chosen first.
        for case .connected(let session) in slots where session.link.isOpen {
            let load = session.link.commandsOwed
            if load < least {
                best = session
                least = load
            }
        }
        return best
    }

    /// Changes the state and lets everyone who waits look again, if there is now something to see.
    private func wake(_ change: (inout State) -> Void) {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            change(&state)
            guard state.isClosed || Self.leastLoaded(state.slots) != nil else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}
