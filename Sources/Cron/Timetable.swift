import Primitives

/// A cron expression in a time zone: when it comes next. A value, without a clock of its own. Times are microseconds since 1970.
///
/// An expression that names hours fires when the local clock first reaches or passes its time: in a gap, at the gap's end; in an hour that comes
/// twice, the first time. One that takes every hour fires whenever the local clock matches, so `*/15 * * * *` comes every quarter of an hour
/// whatever the clock does. See `Schedules` in the documentation of Queue.
package struct Timetable: Sendable {
    private let rule: CronExpression.Rule
    private let clock: ZoneClock

    private static let second: Int64 = 1_000_000
    /// Beyond what `CronFields` looks ahead nothing new comes.
    private static let horizon: Int64 = 41 * 366 * 86_400
    /// In seconds: years 1 to 9999, with a year to spare.
    private static let times: ClosedRange<Int64> = -62_100_000_000...253_300_000_000

    package init(cron: String, timeZone: String) throws(CronError) {
        rule = try CronExpression(cron).rule
        clock = try ZoneClock(timeZone)
    }

    /// The first occurrence after the instant, to the second. Nil when none comes within 40 years, which is never.
    package func next(after microseconds: Int64) -> Int64? {
        let now = microseconds.floored(by: Self.second).quotient
        guard Self.times.contains(now) else { return nil }
        let next: Int64? =
            switch rule {
            case .every(let interval): (now.floored(by: interval).quotient + 1) * interval
            case .fields(let fields) where fields.isHourless: nextByElapsedTime(fields, after: now)
            case .fields(let fields): fields.next(from: clock.latest(until: now) + 1).map(clock.instant(reaching:))
            }
        return next.map { $0 * Self.second }
    }

    /// The next ones, at most as many as asked for.
    package func upcoming(_ count: Int, after microseconds: Int64) -> [Int64] {
        var times: [Int64] = []
        while times.count < count, let next = next(after: times.last ?? microseconds) { times.append(next) }
        return times
    }

    private func nextByElapsedTime(_ fields: CronFields, after now: Int64) -> Int64? {
        var spell = clock.spell(from: now + 1)
        while spell.start < now + Self.horizon, let local = fields.next(from: spell.start + spell.offset) {
            if local - spell.offset < spell.end { return local - spell.offset }
            spell = clock.spell(from: spell.end)
        }
        return nil
    }
}
