/// Who gets which connection, decided without waiting and without I/O: the pool acts on the answers outside its lock.
///
/// Rules: callers are served in the order of their tickets; connections in use and being opened never exceed the limit;
/// while connections are at work, a failed attempt to open another makes its caller wait for one of those instead of failing it;
/// when none is, everybody who waits is refused at once, since nothing would ever be given back.
struct PoolMachine<Connection: Sendable, Reply: Sendable> {
    typealias Instant = ContinuousClock.Instant

    typealias Grant = PoolGrant<Connection>

    struct Answer: Sendable {
        let reply: Reply
        let grant: Grant
    }
    private struct Waiter {
        let ticket: UInt64
        let reply: Reply
    }
    private struct Idle {
        let connection: Connection
        let since: Instant
        var checked: Instant
    }

    /// More callers than this in the queue are a fault somewhere else, and would only grow old there.
    private static var maximumWaiters: Int { 10_000 }
    /// How long no further attempt is made to open a connection while others are at work.
    private static var holdOff: Duration { .milliseconds(250) }

    private let limit: Int
    private var idle: [Idle] = []
    private(set) var lent = 0
    private(set) var opening = 0
    private var waiters: [Waiter] = []
    private var lastTicket: UInt64 = 0
    private var opensAgain: Instant?
    private(set) var isClosing = false
    /// The last attempt to open a connection failed.
    private(set) var isDown = false

    init(limit: Int) { self.limit = max(limit, 1) }

    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }
    var isDrained: Bool { isClosing && idle.isEmpty && lent + opening == 0 }

    // MARK: Callers

    /// A ticket, and the grant if there is no need to wait.
    mutating func arrive(now: Instant) -> (ticket: UInt64, grant: Grant?) {
        lastTicket += 1
        if isClosing { return (lastTicket, .refuse(Self.closed)) }
        guard waiters.isEmpty else {
            return (lastTicket, waiters.count < Self.maximumWaiters ? nil : .refuse(Self.refusal("too many callers wait for a connection")))
        }
        return (lastTicket, nextGrant(now: now))
    }

    /// Puts the caller in line. The answers may contain its own.
    mutating func wait(_ ticket: UInt64, _ reply: Reply, now: Instant) -> [Answer] {
        let place = firstWaiter(notBefore: ticket)
        waiters.insert(Waiter(ticket: ticket, reply: reply), at: place)
        return serve(now: now)
    }

    /// Takes a caller out of the line; nil when it has been answered already.
    mutating func leave(_ ticket: UInt64) -> Reply? {
        let place = firstWaiter(notBefore: ticket)
        guard place < waiters.count, waiters[place].ticket == ticket else { return nil }
        return waiters.remove(at: place).reply
    }

    // MARK: Connections

    /// - Returns: the connection, when it is to be closed (and `closed` told) because the pool is closing.
    mutating func giveBack(_ connection: Connection, now: Instant) -> (close: Connection?, answers: [Answer]) {
        if isClosing && waiters.isEmpty { return (connection, []) }
        lent -= 1
        idle.append(Idle(connection: connection, since: now, checked: now))
        return (nil, serve(now: now))
    }

    /// A lent connection is closed.
    mutating func closed(now: Instant) -> [Answer] {
        lent -= 1
        return serve(now: now)
    }

    /// A lent connection turned out dead before its use; its holder opens another in its place.
    mutating func reopen() {
        lent -= 1
        opening += 1
    }

    /// - Returns: whether the server was down before.
    mutating func opened() -> Bool {
        opening -= 1
        lent += 1
        opensAgain = nil
        defer { isDown = false }
        return isDown
    }

    /// - Returns: whether the caller shall wait for a connection that is at work, whether this is news, and who is refused with it.
    mutating func openFailed(_ error: PostgresError, now: Instant) -> (wait: Bool, isNews: Bool, answers: [Answer]) {
        opening -= 1
        defer { isDown = true }
        guard lent == 0, idle.isEmpty else {
            opensAgain = now + Self.holdOff
            return (true, !isDown, serve(now: now))
        }
        defer { waiters = [] }
        return (false, !isDown, waiters.map { Answer(reply: $0.reply, grant: .refuse(error)) })
    }

    // MARK: Upkeep

    /// Lends out what upkeep shall look at: connections to close, since nobody needed them for so long, and connections to ask for a sign of life.
    mutating func takeForUpkeep(idleTimeout: Duration, checkEvery: Duration, now: Instant) -> (close: [Connection], check: [Connection]) {
        var close: [Connection] = []
        // Used from the end, so that the oldest stand first.
        while let oldest = idle.first, idle.count + lent + opening - close.count > 1, oldest.since + idleTimeout <= now {
            close.append(oldest.connection)
            idle.removeFirst()
            lent += 1
        }
        var check: [Connection] = []
        for index in idle.indices where idle[index].checked + checkEvery <= now {
            idle[index].checked = now
            check.append(idle[index].connection)
        }
        return (close, check)
    }

    /// Lends an idle connection to upkeep; false when somebody else has it by now.
    mutating func take(where matches: (Connection) -> Bool) -> (connection: Connection, since: Instant)? {
        guard let index = idle.firstIndex(where: { matches($0.connection) }) else { return nil }
        let entry = idle.remove(at: index)
        lent += 1
        return (entry.connection, entry.since)
    }

    /// Returns a connection that upkeep only looked at: its idle time goes on.
    mutating func putBack(_ connection: Connection, since: Instant, now: Instant) -> (close: Connection?, answers: [Answer]) {
        if isClosing && waiters.isEmpty { return (connection, []) }
        lent -= 1
        let place = idle.firstIndex { $0.since > since } ?? idle.endIndex
        idle.insert(Idle(connection: connection, since: since, checked: now), at: place)
        return (nil, serve(now: now))
    }

    /// New callers are refused; who waits is still served by what comes back.
    /// - Returns: what is to be closed now, lent to the closer.
    mutating func close() -> [Connection] {
        isClosing = true
        defer { idle = [] }
        lent += idle.count
        return idle.map(\.connection)
    }

    // MARK: Deciding

    private mutating func serve(now: Instant) -> [Answer] {
        var answers: [Answer] = []
        while !waiters.isEmpty, let grant = nextGrant(now: now) {
            answers.append(Answer(reply: waiters.removeFirst().reply, grant: grant))
        }
        return answers
    }

    private mutating func nextGrant(now: Instant) -> Grant? {
        if let last = idle.popLast() {
            lent += 1
            return .lend(last.connection)
        }
        guard lent + opening < limit else { return nil }
        if lent + opening > 0, let opensAgain, now < opensAgain { return nil }
        opening += 1
        return .open
    }

    private func firstWaiter(notBefore ticket: UInt64) -> Int {
        var (low, high) = (0, waiters.count)
        while low < high {
            let middle = (low + high) / 2
            if waiters[middle].ticket < ticket { low = middle + 1 } else { high = middle }
        }
        return low
    }

    static var closed: PostgresError { refusal("the pool is closed") }

    static func refusal(_ message: String) -> PostgresError { PostgresError(.unavailable, operation: "acquire", message: message) }
}

/// The answer to a caller of the pool.
enum PoolGrant<Connection: Sendable>: Sendable {
    case lend(Connection)
    /// The caller may open a connection, and must say `opened` or `openFailed`.
    case open
    case refuse(PostgresError)
}
