import Cron
import Primitives

/// What is to be done about a schedule at a moment: decided here, without a clock or a store, and carried out by `ScheduleFiring`.
struct FiringPlan: Equatable, Sendable {
    /// What becomes of a planned time.
    struct Decision: Equatable, Sendable {
        enum Outcome: String, Sendable { case fired, waiting, overlap, missed }

        var at: Int64
        var outcome: Outcome
        /// Of the missed: the last planned time that the decision stands for.
        var until: Int64?
    }

    /// The held occurrence fires.
    var releasesHeld = false
    /// In the order of their times.
    var decisions: [Decision] = []
    /// The planned time after all of them.
    var nextAt: Int64?

    /// An occurrence that is late by less was not missed: a leader died and another took over, or the ledger was away for a moment.
    static let tolerance: Int64 = 60_000_000
    /// What `tolerance` can hold, at one a second.
    private static let mostOnTime = 62

    /// - Parameters:
    ///   - isBusy: a job of an earlier occurrence is pending.
    ///   - now: of the ledger.
    static func decide(_ schedule: ScheduleRow, timetable: Timetable, isBusy: Bool, now: Int64) -> FiringPlan {
        var plan = FiringPlan(nextAt: schedule.nextAt)
        var isBusy = isBusy
        var isHolding = schedule.heldAt != nil
        if isHolding, !isBusy {
            plan.releasesHeld = true
            (isHolding, isBusy) = (false, true)
        }
        guard let first = schedule.nextAt, first <= now else { return plan }
        let (due, missed) = due(from: first, schedule.definition, timetable, now: now)
        if let missed { plan.decisions.append(Decision(at: first, outcome: .missed, until: missed)) }
        for time in due {
            let outcome: Decision.Outcome =
                switch schedule.definition.overlap {
                case .allow: .fired
                case .skip: isBusy ? .overlap : .fired
                case .queueOne: isHolding ? .overlap : isBusy ? .waiting : .fired
                }
            if outcome == .fired { isBusy = true }
            if outcome == .waiting { isHolding = true }
            plan.decisions.append(Decision(at: time, outcome: outcome))
        }
        plan.nextAt = timetable.next(after: now)
        return plan
    }

    /// The planned times that fire or would, and the last of those that are skipped as missed: they all come before.
    private static func due(
        from first: Int64, _ definition: ScheduleDefinition, _ timetable: Timetable, now: Int64
    ) -> (due: [Int64], lastMissed: Int64?) {
        let edge = now - tolerance
        let wanted =
            switch definition.catchUp {
            case .none: 0
            case .latest: 1
            case .all: Int(definition.catchUpLimit)
            }
        // What was missed for a long time can be millions: only the last of it is looked at, further and further back.
        var late: [Int64] = []
        var reach = tolerance
        while first < edge {
            let start = max(first, edge - reach)
            late = times(from: start, before: edge, planned: first, timetable, most: max(wanted, 1) + 1)
            if late.count > max(wanted, 1) || start == first { break }
            reach *= 2
        }
        let onTime = times(from: max(first, edge), before: now + 1, planned: first, timetable, most: mostOnTime)
        let caughtUp = late.suffix(wanted)
        // The one before those that are made up for; there is none when all of them are.
        let lastMissed = late.count > wanted ? late[late.count - wanted - 1] : nil
        return (caughtUp + onTime, lastMissed)
    }

    /// Of the times in `start ..< end` the last ones, up to `most`. What was planned counts, even where the zone's rules have changed since.
    private static func times(from start: Int64, before end: Int64, planned: Int64, _ timetable: Timetable, most: Int) -> [Int64] {
        var times = start <= planned && planned < end ? [planned] : []
        var last = times.last ?? start - 1
        while let next = timetable.next(after: last), next < end {
            times.append(next)
            if times.count > 2 * most { times.removeFirst(most) }
            last = next
        }
        return times.suffix(most)
    }
}
