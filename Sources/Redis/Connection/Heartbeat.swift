internal import NIOCore

/// Tells a silent subscription from a dead connection, where no command is owed a reply: a pure decider.
struct Heartbeat {
    enum Action: Equatable { case none, ping, dead }

    let interval: TimeAmount
    /// Silence after which the peer counts as gone; it contains at least one unanswered ping.
    let limit: TimeAmount
    private var lastHeard: NIODeadline
    private var lastPing: NIODeadline

    init(interval: TimeAmount, answerWithin: TimeAmount, now: NIODeadline) {
        self.interval = interval
        limit = interval + answerWithin
        lastHeard = now
        lastPing = now
    }

    mutating func heard(now: NIODeadline) { lastHeard = now }

    mutating func tick(now: NIODeadline) -> Action {
        if now - lastHeard > limit, lastPing > lastHeard { return .dead }
        guard now - lastHeard >= interval, now - lastPing >= interval else { return .none }
        lastPing = now
        return .ping
    }
}
