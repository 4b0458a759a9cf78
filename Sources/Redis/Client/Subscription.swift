internal import Synchronization

/// One channel's messages, on a connection of their own, over all reconnections.
final class Subscription: Sendable {
    private struct State {
        var session: Session?
        var isOver = false
        /// Whether messages come in.
        var isHeard = false
        /// Whether the reader has been told that messages were dropped.
        var isLossTold = false
    }
    private let channel: String
    private let continuation: AsyncStream<RedisMessage>.Continuation
    private let state = Mutex(State())

    init(channel: String, continuation: AsyncStream<RedisMessage>.Continuation) {
        self.channel = channel
        self.continuation = continuation
        // Weak: the continuation is ours, and would keep us alive.
        continuation.onTermination = { [weak self] _ in self?.stop() }
    }

    func run(_ lifeline: Lifeline, deadline: Duration) async {
        await lifeline.keep(onPush: { [weak self] in self?.received($0) }, isWanted: { !state.withLock { $0.isOver } }) { phase in
            switch phase {
            case .connected(let session): await begin(session, deadline: deadline)
            case .resting: interrupt()
            case .connecting: break
            }
        }
        continuation.finish()
    }

    private func begin(_ session: Session, deadline: Duration) async {
        let isOver = state.withLock { state in
            state.session = session
            return state.isOver
        }
        let answer = isOver ? nil : await session.subscribe(to: channel, deadline: deadline)
        guard case .success(let reply)? = answer, reply.array?.first?.text == "subscribe" else { return session.link.closeWhenIdle() }
        session.link.startHeartbeat(interval: .seconds(1), answerWithin: deadline)
        state.withLock { $0.isHeard = true }
        yield(.reconnected)
    }

    /// Told once a connection that was in force.
    private func interrupt() {
        let wasHeard = state.withLock { state in
            defer { state.isHeard = false }
            return state.isHeard
        }
        if wasHeard { yield(.interrupted) }
    }

    private func stop() {
        let session = state.withLock { state in
            state.isOver = true
            return state.session
        }
        session?.link.closeWhenIdle()
    }

    /// What the server pushed, on the connection's event loop.
    func received(_ push: RedisValue) {
        // Anything else is the answer to a ping.
        guard let parts = push.array, parts.count == 3, parts[0].text == "message",
            let channel = parts[1].text, let payload = parts[2].bytes
        else { return }
        yield(.message(channel: channel, payload: payload))
    }

    /// A full buffer drops its oldest element. That is a gap like any other, so the reader is told to look again.
    private func yield(_ message: RedisMessage) {
        switch continuation.yield(message) {
        case .enqueued: state.withLock { $0.isLossTold = false }
        case .dropped(let dropped):
            let tells = state.withLock { state in
                defer { state.isLossTold = true }
                return !state.isLossTold || dropped == .reconnected
            }
            if tells { continuation.yield(.reconnected) }
            // The last word must not be that all is well.
            if message == .interrupted { continuation.yield(.interrupted) }
        default: break
        }
    }
}
