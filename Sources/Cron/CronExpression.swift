import Primitives

/// A cron expression: five fields, or six with seconds before them, or one of the words that begin with `@`.
package struct CronExpression: Sendable, Equatable {
    enum Rule: Equatable, Sendable {
        case fields(CronFields)
        /// `@every 90s`: the multiples since 1970, whichever the time zone, so that it needs no beginning.
        case every(seconds: Int64)
    }

    package let text: String
    let rule: Rule

    private static let longest = 200
    private static let words = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let every: Substring = "@every "

    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.longest else { throw CronError("the expression is longer than \(Self.longest) characters") }
        self.text = text
        let lowered = text.lowercased()
        if lowered.hasPrefix(Self.every) {
            rule = .every(seconds: try Interval.seconds(lowered.dropFirst(Self.every.count)))
            return
        }
        if text.hasPrefix("@"), Self.words[lowered] == nil {
            throw CronError("'\(text)' is none of \(Self.words.keys.sorted().joined(separator: ", ")) and @every 90s")
        }
        rule = .fields(try CronFields((Self.words[lowered] ?? text).split { $0 == " " || $0 == "\t" }))
    }
}

/// The six fields, read.
struct CronFields: Equatable, Sendable {
    private let seconds: ValueSet
    private let minutes: ValueSet
    private let hours: ValueSet
    private let months: ValueSet
    private let days: DayRule

    /// The calendar repeats after 400 years; a day that comes at all, such as a leap day on a given weekday, comes within 40.
    private static let horizonDays: Int64 = 40 * 366
    private static let day: Int64 = 86_400

    init(_ fields: [Substring]) throws(CronError) {
        guard fields.count == 5 || fields.count == 6 else {
            throw CronError("the expression has \(fields.count) fields; 5 are needed (minute, hour, day of month, month, day of week), or 6 with seconds first")
        }
        let rest = fields.suffix(5).map(\.self)
        seconds = fields.count == 6 ? try Self.read(fields[0], .second) : ValueSet([0])
        minutes = try Self.read(rest[0], .minute)
        hours = try Self.read(rest[1], .hour)
        days = try DayRule(dayOfMonth: rest[2], dayOfWeek: rest[4])
        months = try Self.read(rest[3], .month)
    }

    private static func read(_ text: Substring, _ field: CronField) throws(CronError) -> ValueSet {
        var set = ValueSet()
        for element in try field.elements(text) { set.formUnion(try field.set(ofElement: element)) }
        return set
    }

    /// Whether it goes by elapsed time: every hour is as good as another, so none is missed or had twice when clocks change.
    var isHourless: Bool { hours.count == 24 }

    /// The first time of the local clock, in seconds since its 1970, that matches and is not before the given one. Nil when none comes.
    func next(from start: Int64) -> Int64? {
        var (day, rest) = start.floored(by: Self.day)
        let horizon = day + Self.horizonDays
        while day <= horizon {
            let date = CivilDate(days: day)
            guard months.contains(date.month) else {
                (day, rest) = (day + Int64(date.lengthOfMonth - date.day + 1), 0)
                continue
            }
            if days.matches(date, days: day), let time = time(from: Int(rest)) { return day * Self.day + Int64(time) }
            (day, rest) = (day + 1, 0)
        }
        return nil
    }

    private func time(from start: Int) -> Int? {
        let (hour, minute) = (start / 3600, start / 60 % 60)
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.next(from: start % 60) { return hour * 3600 + minute * 60 + second }
            if let minute = minutes.next(from: minute + 1) { return hour * 3600 + minute * 60 + seconds.first }
        }
        return hours.next(from: hour + 1).map { $0 * 3600 + minutes.first * 60 + seconds.first }
    }
}
