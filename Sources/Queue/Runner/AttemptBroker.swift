import Ledger
import Primitives
import Synchronization

/// Shares the attempts of one process among its runners, by the weights and priorities of their queues. Every runner asks before it claims.
package final class AttemptBroker: Sendable {
    private struct Member {
        var queue: String
        var slots: Int
        var wakeup: Wakeup
        var active = 0
        /// More than it has; 0 unless the last claim left work behind.
        var wanted = 0
        /// It was given less than it could use, and is woken when something is free.
        var isWaiting = false
    }
    private struct State {
        var members: [Int: Member] = [:]
    }

    private let total: Int
    private let feed: QueueFeed?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - total: attempts at once in this process.
    ///   - feed: where weights, priorities and limits come from; nil: all queues are alike.
    package init(total: Int, feed: QueueFeed? = nil) {
        self.total = max(1, total)
        self.feed = feed
    }

    /// - Parameter slots: attempts at once that this runner may have in any case.
    func join(queue: String, slots: Int, wakeup: Wakeup) -> Int {
        state.withLock { state in
            let number = state.members.count
            state.members[number] = Member(queue: queue, slots: slots, wakeup: wakeup)
            return number
        }
    }

    /// How many more attempts a runner may start now.
    /// - Parameters:
    ///   - active: those that it has.
    ///   - free: its free slots.
    ///   - isHungry: its last claim was filled, so that there is probably more.
    func ask(_ number: Int, active: Int, free: Int, isHungry: Bool) -> Int {
        let (granted, woken): (Int, [Wakeup]) = state.withLock { state in
            guard var me = state.members[number] else { return (0, []) }
            me.active = active
            me.wanted = isHungry ? free : 0
            state.members[number] = me
            let others = state.members.values.reduce(0) { $0 + $1.active }
            let left = total - others
            let numbers = state.members.keys.sorted()
            let shares = AttemptShare.divide(
                total,
                among: numbers.map { other in
                    let member = state.members[other] ?? me
                    return claimant(member, wanting: other == number ? free : member.wanted)
                })
            let share = numbers.firstIndex(of: number).map { shares[$0] } ?? 0
            let granted = max(0, min(free, share - active, left))
            state.members[number]?.isWaiting = isHungry && granted < free
            guard left - granted > 0 else { return (granted, []) }
            var woken: [Wakeup] = []
            for (other, member) in state.members where other != number && member.isWaiting {
                state.members[other]?.isWaiting = false
                woken.append(member.wakeup)
            }
            return (granted, woken)
        }
        for wakeup in woken { wakeup.signal() }
        return granted
    }

    private func claimant(_ member: Member, wanting wanted: Int) -> AttemptShare.Claimant {
        let settings = feed?.settings(of: member.queue)
        let limit = settings.map { $0.processConcurrency > 0 ? min(member.slots, Int($0.processConcurrency)) : member.slots } ?? member.slots
        return AttemptShare.Claimant(
            demand: max(0, min(limit, member.active + wanted)), weight: Int(settings?.weight ?? 1), priority: Int(settings?.priority ?? 0))
    }
}
