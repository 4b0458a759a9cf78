import Cron
import Primitives
import Testing

/// What an expression means, by tables.
@Suite struct CronLaws {
    private func upcoming(_ cron: String, _ zone: String, from: String, count: Int = 3) throws -> [String] {
        let start = try #require(RFC3339.parse(from))
        return try Timetable(cron: cron, timeZone: zone).upcoming(count, after: start).map { String(RFC3339.text($0).prefix(19)) }
    }

    @Test(arguments: [
        ("* * * * *", "2024-02-28T23:58:59.999Z", ["2024-02-28T23:59:00", "2024-02-29T00:00:00", "2024-02-29T00:01:00"]),
        ("*/20 9-10 * * *", "2024-01-01T09:20:00Z", ["2024-01-01T09:40:00", "2024-01-01T10:00:00", "2024-01-01T10:20:00"]),
        ("5/20 0 * * *", "2024-01-01T00:00:00Z", ["2024-01-01T00:05:00", "2024-01-01T00:25:00", "2024-01-01T00:45:00"]),
        ("15,30 * * * * *", "2024-01-01T00:00:15Z", ["2024-01-01T00:00:30", "2024-01-01T00:01:15", "2024-01-01T00:01:30"]),
        ("0 0 * * MON-fri", "2024-01-05T12:00:00Z", ["2024-01-08T00:00:00", "2024-01-09T00:00:00", "2024-01-10T00:00:00"]),
        ("0 0 * * FRI-SUN", "2024-01-05T12:00:00Z", ["2024-01-06T00:00:00", "2024-01-07T00:00:00", "2024-01-12T00:00:00"]),
        ("0 0 * * 7", "2024-01-01T00:00:00Z", ["2024-01-07T00:00:00", "2024-01-14T00:00:00", "2024-01-21T00:00:00"]),
        ("0 12 1 JAN,jul ?", "2024-01-01T12:00:00Z", ["2024-07-01T12:00:00", "2025-01-01T12:00:00", "2025-07-01T12:00:00"]),
        // One of the two is enough when both are restricted …
        ("0 0 13 * FRI", "2024-09-12T00:00:00Z", ["2024-09-13T00:00:00", "2024-09-20T00:00:00", "2024-09-27T00:00:00"]),
        // … and both have to hold when one begins with a star.
        ("0 0 */2 * FRI", "2024-09-12T00:00:00Z", ["2024-09-13T00:00:00", "2024-09-27T00:00:00", "2024-10-11T00:00:00"]),
        ("0 0 L * *", "2024-01-31T00:00:00Z", ["2024-02-29T00:00:00", "2024-03-31T00:00:00", "2024-04-30T00:00:00"]),
        ("0 0 L-2 * *", "2024-02-01T00:00:00Z", ["2024-02-27T00:00:00", "2024-03-29T00:00:00", "2024-04-28T00:00:00"]),
        // 15 June 2024 is a Saturday, 15 September a Sunday.
        ("0 0 15W 6,9 *", "2024-06-01T00:00:00Z", ["2024-06-14T00:00:00", "2024-09-16T00:00:00", "2025-06-16T00:00:00"]),
        // 1 June 2024 is a Saturday: its Monday; 30 June a Sunday: its Friday.
        ("0 0 1W,LW 6 *", "2024-06-01T00:00:00Z", ["2024-06-03T00:00:00", "2024-06-28T00:00:00", "2025-06-02T00:00:00"]),
        ("0 0 * * MON#1", "2024-01-01T00:00:00Z", ["2024-02-05T00:00:00", "2024-03-04T00:00:00", "2024-04-01T00:00:00"]),
        ("0 0 * * 5L", "2024-01-01T00:00:00Z", ["2024-01-26T00:00:00", "2024-02-23T00:00:00", "2024-03-29T00:00:00"]),
        ("@hourly", "2024-01-01T00:59:59Z", ["2024-01-01T01:00:00", "2024-01-01T02:00:00", "2024-01-01T03:00:00"]),
        ("@Weekly", "2024-01-01T00:00:00Z", ["2024-01-07T00:00:00", "2024-01-14T00:00:00", "2024-01-21T00:00:00"]),
        ("@monthly", "2024-01-01T00:00:00Z", ["2024-02-01T00:00:00", "2024-03-01T00:00:00", "2024-04-01T00:00:00"]),
        ("@yearly", "2024-01-01T00:00:00Z", ["2025-01-01T00:00:00", "2026-01-01T00:00:00", "2027-01-01T00:00:00"]),
        ("@every 90s", "1970-01-01T00:00:00Z", ["1970-01-01T00:01:30", "1970-01-01T00:03:00", "1970-01-01T00:04:30"]),
        ("@every 1h30m", "2024-01-01T00:00:00Z", ["2024-01-01T01:30:00", "2024-01-01T03:00:00", "2024-01-01T04:30:00"]),
    ])
    func `an expression comes when it says`(cron: String, from: String, times: [String]) throws {
        #expect(try upcoming(cron, "UTC", from: from) == times)
    }

    /// A leap day comes late around 2100, and one on a Monday in 28 years.
    @Test func `a rare day is found, however far it is`() throws {
        #expect(try upcoming("0 0 29 2 *", "UTC", from: "2096-03-01T00:00:00Z", count: 1) == ["2104-02-29T00:00:00"])
        #expect(try upcoming("0 0 29 2 *", "Europe/Berlin", from: "2024-03-01T00:00:00Z", count: 1) == ["2028-02-28T23:00:00"])
        #expect(try upcoming("* * 29 2 *", "Europe/Berlin", from: "2024-03-01T00:00:00Z", count: 1) == ["2028-02-28T23:00:00"])
        #expect(try upcoming("0 0 */28 2 MON", "UTC", from: "2024-03-01T00:00:00Z", count: 1) == ["2027-02-01T00:00:00"])
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 30,31 FEB *", "0 0 30W 2 *", "* * * 31 2 ?"])
    func `a day that no calendar has never comes`(cron: String) throws {
        for zone in ["UTC", "Europe/Berlin"] {
            #expect(try Timetable(cron: cron, timeZone: zone).next(after: 1_700_000_000_000_000) == nil)
        }
    }

    /// Spring: 02:00 to 03:00 is not there. Autumn: 02:00 to 03:00 is there twice, first at +02:00. All times here are UTC.
    @Test(arguments: [
        // By the hour: once, when the clock first reaches or passes it.
        ("30 2 * * *", "2025-03-29T12:00:00Z", ["2025-03-30T01:00:00", "2025-03-31T00:30:00", "2025-04-01T00:30:00"]),
        ("30 2 * * *", "2025-10-25T12:00:00Z", ["2025-10-26T00:30:00", "2025-10-27T01:30:00", "2025-10-28T01:30:00"]),
        // What falls together in the gap is one.
        ("*/20 2-3 * * *", "2025-03-29T12:00:00Z", ["2025-03-30T01:00:00", "2025-03-30T01:20:00", "2025-03-30T01:40:00"]),
        ("*/30 2-3 * * *", "2025-10-25T12:00:00Z", ["2025-10-26T00:00:00", "2025-10-26T00:30:00", "2025-10-26T02:00:00"]),
        // Every hour: by elapsed time.
        ("*/30 * * * *", "2025-03-30T00:30:00Z", ["2025-03-30T01:00:00", "2025-03-30T01:30:00", "2025-03-30T02:00:00"]),
        ("30 * * * *", "2025-10-26T00:00:00Z", ["2025-10-26T00:30:00", "2025-10-26T01:30:00", "2025-10-26T02:30:00"]),
    ])
    func `a changed clock loses no occurrence and doubles none`(cron: String, from: String, times: [String]) throws {
        #expect(try upcoming(cron, "Europe/Berlin", from: from) == times)
    }

    /// Samoa had no 30 December 2011: its occurrence comes when the day after begins, at 10:00 UTC.
    @Test func `a day that a zone left out is made up for at its end`() throws {
        #expect(
            try upcoming("0 9 * * *", "Pacific/Apia", from: "2011-12-29T12:00:00Z")
                == ["2011-12-29T19:00:00", "2011-12-30T10:00:00", "2011-12-30T19:00:00"])
    }

    @Test(arguments: [
        ("", "the expression has 0 fields; 5 are needed (minute, hour, day of month, month, day of week), or 6 with seconds first"),
        ("* * * *", "the expression has 4 fields; 5 are needed (minute, hour, day of month, month, day of week), or 6 with seconds first"),
        ("0 0 0 1 1 ? 2024", "the expression has 7 fields; 5 are needed (minute, hour, day of month, month, day of week), or 6 with seconds first"),
        ("60 * * * *", "the minute '60' is not from 0 to 59"),
        ("* 24 * * *", "the hour '24' is not from 0 to 23"),
        ("* * 0 * *", "the day of month '0' is not from 1 to 31"),
        ("* * * 13 *", "the month '13' is not from 1 to 12"),
        ("* * * FOO *", "the month 'FOO' is neither a number nor a name such as JAN"),
        ("* * * * 8", "the day of week '8' is not from 0 to 7"),
        ("* * * * MOO", "the day of week 'MOO' is neither a number nor a name such as SUN"),
        ("60 * * * * *", "the second '60' is not from 0 to 59"),
        ("x * * * *", "the minute 'x' is no number"),
        ("+5 * * * *", "the minute '+5' is no number"),
        ("-5 * * * *", "the minute '' is no number"),
        ("1,,2 * * * *", "the minute '1,,2' has an empty element"),
        ("* 22-4 * * *", "the hour '22-4' runs backwards; write it as two ranges"),
        ("* * * * FRI-MON", "the day of week 'FRI-MON' runs backwards; write it as two ranges"),
        ("*/0 * * * *", "the minute '*/0' has a step that is no number above 0"),
        ("*/x * * * *", "the minute '*/x' has a step that is no number above 0"),
        ("*/60 * * * *", "the minute '*/60' has a step that is longer than the whole field"),
        ("? * * * *", "the minute '?' is no number"),
        ("* * L-31 * *", "the day of month 'L-31' is not L- and a number from 1 to 30"),
        ("* * 32W * *", "the day of month '32' is not from 1 to 31"),
        ("* * * * MON#6", "the day of week 'MON#6' is not a day, # and a number from 1 to 5"),
        ("@dayly", "'@dayly' is none of @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly and @every 90s"),
        ("@every 5", "'@every 5' is not an interval such as 90s, 15m, 1h30m or 2d, up to 366d"),
        ("@every 0s", "'@every 0s' is not an interval such as 90s, 15m, 1h30m or 2d, up to 366d"),
        ("@every 99999999999999999999d", "'@every 99999999999999999999d' is not an interval such as 90s, 15m, 1h30m or 2d, up to 366d"),
        ("* * * * " + String(repeating: "1,", count: 100) + "1", "the expression is longer than 200 characters"),
    ])
    func `what is no expression is refused with the reason`(cron: String, reason: String) {
        #expect { try CronExpression(cron) } throws: { ($0 as? CronError)?.reason == reason }
    }

    @Test(arguments: [
        ("Europe/berlin", "is not known; is Europe/Berlin meant?"), ("Mars/Olympus", "is not the name of a time zone such as Europe/Berlin or UTC"),
        ("", "is not the name of a time zone such as Europe/Berlin or UTC"), ("../../etc/passwd", "is not the name of a time zone such as Europe/Berlin or UTC"),
    ])
    func `what is no time zone is refused with the reason`(zone: String, reason: String) {
        #expect { try Timetable(cron: "* * * * *", timeZone: zone) } throws: {
            ($0 as? CronError)?.reason == reason && ($0 as? CronError)?.part == .timeZone
        }
    }

    @Test func `a time at the edge of what can be said has no next`() throws {
        let always = try Timetable(cron: "* * * * *", timeZone: "Europe/Berlin")
        #expect(always.next(after: .max) == nil && always.next(after: .min) == nil)
        #expect(always.upcoming(3, after: .max) == [])
    }
}
