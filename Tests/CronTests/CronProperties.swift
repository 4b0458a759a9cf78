import Cron
import Foundation
import Primitives
import Testing

/// Random expressions against a scan that looks at every minute of real time, one by one, with Foundation's calendar.
@Suite struct CronProperties {
    /// A few days around a change of the clock, or around a month's end.
    struct Window: Sendable, CustomTestStringConvertible {
        var zone: String
        var from: String
        var days = 5

        var testDescription: String { "\(zone) \(from)" }
    }

    static let windows = [
        Window(zone: "Europe/Berlin", from: "2025-03-28T00:00:00Z"), Window(zone: "Europe/Berlin", from: "2025-10-24T00:00:00Z"),
        Window(zone: "America/New_York", from: "2025-03-07T00:00:00Z"), Window(zone: "America/New_York", from: "2025-10-31T00:00:00Z"),
        // Half an hour.
        Window(zone: "Australia/Lord_Howe", from: "2025-04-03T00:00:00Z"), Window(zone: "Australia/Lord_Howe", from: "2025-10-03T00:00:00Z"),
        // A quarter of an hour, for good.
        Window(zone: "Asia/Kathmandu", from: "1985-12-30T00:00:00Z"),
        // At midnight: a day without its first hour, and one with two last ones.
        Window(zone: "America/Sao_Paulo", from: "2018-11-02T00:00:00Z"), Window(zone: "America/Sao_Paulo", from: "2018-02-16T00:00:00Z"),
        // A day left out, and one had twice.
        Window(zone: "Pacific/Apia", from: "2011-12-28T00:00:00Z", days: 6), Window(zone: "Pacific/Kwajalein", from: "1993-08-18T00:00:00Z", days: 6),
        // Three changes within weeks of each other.
        Window(zone: "Africa/Casablanca", from: "2024-03-08T00:00:00Z"),
        Window(zone: "UTC", from: "2024-02-27T00:00:00Z"), Window(zone: "UTC", from: "2099-12-29T00:00:00Z"),
    ]

    @Test(arguments: windows)
    func `every minute that a brute-force scan finds is found, and no other`(window: Window) throws {
        let scan = try Scan(window, step: 60)
        var random = SplitMix64(seed: 20_250_330)
        for _ in 0..<150 {
            let cron = RandomCron(using: &random)
            #expect(try scan.occurrences(of: cron) == Self.found(cron, in: scan, zone: window.zone), "\(cron.text)")
        }
    }

    @Test(arguments: [
        Window(zone: "Europe/Berlin", from: "2025-03-30T00:50:00Z", days: 0), Window(zone: "Australia/Lord_Howe", from: "2025-04-05T14:50:00Z", days: 0),
    ])
    func `every second that a brute-force scan finds is found, and no other`(window: Window) throws {
        let scan = try Scan(window, step: 1)
        var random = SplitMix64(seed: 7)
        for _ in 0..<150 {
            let cron = RandomCron(using: &random, withSeconds: true)
            #expect(try scan.occurrences(of: cron) == Self.found(cron, in: scan, zone: window.zone), "\(cron.text)")
        }
    }

    /// From any moment, not only from one occurrence to the next.
    @Test func `the next one is the same from everywhere before it`() throws {
        var random = SplitMix64(seed: 99)
        for window in Self.windows {
            let scan = try Scan(window, step: 60)
            for _ in 0..<30 {
                let cron = RandomCron(using: &random)
                let timetable = try Timetable(cron: cron.text, timeZone: window.zone)
                let all = scan.occurrences(of: cron)
                for _ in 0..<20 {
                    let moment = Int64.random(in: scan.first..<scan.last, using: &random)
                    let next = timetable.next(after: moment * 1_000_000 + Int64.random(in: 0..<1_000_000, using: &random)).map { $0 / 1_000_000 }
                    let expected = all.first { $0 > moment }
                    #expect(next.flatMap { $0 > scan.last ? nil : $0 } == expected, "\(cron.text) \(window.zone) after \(moment)")
                }
            }
        }
    }

    private static func found(_ cron: RandomCron, in scan: Scan, zone: String) throws -> [Int64] {
        let timetable = try Timetable(cron: cron.text, timeZone: zone)
        var times: [Int64] = []
        var last = (scan.first - 1) * 1_000_000
        while let next = timetable.next(after: last), next <= scan.last * 1_000_000 {
            times.append(next / 1_000_000)
            last = next
        }
        return times
    }
}

/// What the local clock shows at each step of a window. Where it jumps ahead, the times that it left out go with the step that it jumped to.
private struct Scan {
    struct Step {
        var instant: Int64
        var shown: Local
        /// Seconds of the local clock since its 1970.
        var clock: Int64
        var leftOut: [Local]
    }
    private(set) var steps: [Step] = []

    var first: Int64 { steps[0].instant }
    var last: Int64 { steps[steps.count - 1].instant }

    init(_ window: CronProperties.Window, step: Int64) throws {
        let zone = try #require(TimeZone(identifier: window.zone))
        let start = try #require(RFC3339.parse(window.from)) / 1_000_000
        let length = window.days == 0 ? 3 * 3600 : Int64(window.days) * 86_400
        let utc = Self.calendar(try #require(TimeZone(identifier: "UTC")))
        let local = Self.calendar(zone)
        for instant in stride(from: start, through: start + length, by: Int(step)) {
            let clock = instant + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
            var leftOut: [Local] = []
            if let before = steps.last?.clock, clock > before + step {
                leftOut = stride(from: before + step, to: clock, by: Int(step)).map { Self.local($0, utc) }
            }
            steps.append(Step(instant: instant, shown: Self.local(instant, local), clock: clock, leftOut: leftOut))
        }
    }

    func occurrences(of cron: RandomCron) -> [Int64] {
        var latest = Int64.min
        return steps.compactMap { step in
            defer { latest = max(latest, step.clock) }
            if cron.takesEveryHour { return cron.matches(step.shown) ? step.instant : nil }
            guard step.clock > latest else { return nil }
            return cron.matches(step.shown) || step.leftOut.contains(where: cron.matches) ? step.instant : nil
        }
    }

    private static func calendar(_ zone: TimeZone) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar
    }

    private static func local(_ seconds: Int64, _ calendar: Calendar) -> Local {
        let date = Date(timeIntervalSince1970: Double(seconds))
        let parts = calendar.dateComponents([.second, .minute, .hour, .day, .month, .year, .weekday], from: date)
        let (month, year) = (parts.month ?? 0, parts.year ?? 0)
        let length = month == 2 ? (year % 4 == 0 && year % 100 != 0 || year % 400 == 0 ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
        return Local(
            second: parts.second ?? 0, minute: parts.minute ?? 0, hour: parts.hour ?? 0, day: parts.day ?? 0, month: month,
            weekday: (parts.weekday ?? 1) - 1, lengthOfMonth: length)
    }
}
