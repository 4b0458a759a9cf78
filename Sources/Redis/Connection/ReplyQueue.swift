internal import NIOCore

/// Who is owed which reply on one connection: a pure decider, told the time, that returns what to do.
///
/// Redis answers in order, so the oldest entry owns the next reply.
/// An entry whose caller has given up stays, or every later reply would go to the wrong caller.
struct ReplyQueue<Ticket> {
    /// How long past its deadline the oldest entry may stay before the peer counts as gone: a half-open socket never says so itself.
    static var patience: TimeAmount { .seconds(1) }

    private struct Entry {
        let ticket: Ticket
        let deadline: NIODeadline
        var missing: Int
        /// Nil for a single command: its reply needs no array around it.
        var collected: [RedisValue]?
        var hasExpired = false
    }
    private var entries = CircularBuffer<Entry>()
    /// No entry that has not expired yet is due before this.
    private var nextDeadline = NIODeadline.distantFuture

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// `replies`: how many one ticket waits for; with more than one, or none, they are answered as an array. Nil: a single command.
    mutating func append(_ ticket: Ticket, replies: Int?, deadline: NIODeadline) {
        var collected: [RedisValue]?
        if let replies {
            collected = []
            collected?.reserveCapacity(replies)
        }
        entries.append(Entry(ticket: ticket, deadline: deadline, missing: replies ?? 1, collected: collected))
        nextDeadline = min(nextDeadline, deadline)
    }

    enum Receipt {
        case wait
        case complete(Ticket, RedisValue)
        /// Nobody is owed a reply: a pushed message on a subscribed connection, a broken peer on any other.
        case unsolicited(RedisValue)
    }

    mutating func receive(_ value: RedisValue) -> Receipt {
        guard !entries.isEmpty else { return .unsolicited(value) }
        let first = entries.startIndex
        entries[first].missing -= 1
        entries[first].collected?.append(value)
        guard entries[first].missing <= 0 else { return .wait }
        let entry = entries.removeFirst()
        return .complete(entry.ticket, entry.collected.map(RedisValue.array) ?? value)
    }

    enum Verdict {
        case alive(expired: [Ticket])
        /// The oldest reply is too long overdue; the connection cannot be trusted to answer any more.
        case dead(expired: [Ticket])
    }

    /// Looks at every entry, but only when one has become due.
    mutating func sweep(now: NIODeadline) -> Verdict {
        var expired: [Ticket] = []
        if nextDeadline <= now {
            nextDeadline = .distantFuture
            for index in entries.indices where !entries[index].hasExpired {
                if entries[index].deadline <= now {
                    entries[index].hasExpired = true
                    expired.append(entries[index].ticket)
                } else {
                    nextDeadline = min(nextDeadline, entries[index].deadline)
                }
            }
        }
        guard let oldest = entries.first, oldest.deadline + Self.patience <= now else { return .alive(expired: expired) }
        return .dead(expired: expired)
    }

    /// The connection is gone: everyone who is still owed something.
    mutating func removeAll() -> [Ticket] {
        defer { entries.removeAll() }
        return entries.map(\.ticket)
    }
}

extension ReplyQueue.Receipt: Equatable where Ticket: Equatable {}
extension ReplyQueue.Verdict: Equatable where Ticket: Equatable {}
