import FoundationEssentials
// Without it a TimeZone of a name is nil: its tables are ICU's.
import FoundationInternationalization

/// The local clock of a time zone: how far it is from UTC, and until when. All times are seconds since 1970, the local ones by the local clock.
struct ZoneClock: Sendable {
    /// A time between two changes of the clock.
    struct Spell {
        var start: Int64
        /// First second of the next spell.
        var end: Int64
        /// East of UTC.
        var offset: Int64
    }

    private let zone: TimeZone

    /// Clocks are at most 15 h 13 min from UTC (Manila and Alaska before the date line moved), so what lies further back cannot matter.
    private static let widest: Int64 = 16 * 3600

    init(_ name: String) throws(CronError) {
        guard name.utf8.count <= 64, let zone = TimeZone(identifier: name) else {
            let alike = TimeZone.knownTimeZoneIdentifiers.first { $0.lowercased() == name.lowercased() }
            throw CronError(
                alike.map { "is not known; is \($0) meant?" } ?? "is not the name of a time zone such as Europe/Berlin or UTC", part: .timeZone)
        }
        self.zone = zone
    }

    /// The spell that the instant is in, from that instant on.
    func spell(from instant: Int64) -> Spell {
        let date = Date(timeIntervalSince1970: Double(instant))
        let change = zone.nextDaylightSavingTimeTransition(after: date)
        return Spell(start: instant, end: change.map { Int64($0.timeIntervalSince1970.rounded(.up)) } ?? .max, offset: Int64(zone.secondsFromGMT(for: date)))
    }

    /// The latest time that the local clock has shown until this instant: after it was put back, it is later than what it shows.
    func latest(until instant: Int64) -> Int64 {
        var spell = spell(from: instant - 2 * Self.widest)
        var latest = Int64.min
        while true {
            latest = max(latest, min(instant, spell.end - 1) + spell.offset)
            if spell.end > instant { return latest }
            spell = self.spell(from: spell.end)
        }
    }

    /// The first instant at which the local clock has reached or passed a time.
    func instant(reaching local: Int64) -> Int64 {
        var spell = spell(from: local - Self.widest)
        while true {
            let instant = max(spell.start, local - spell.offset)
            if instant < spell.end { return instant }
            spell = self.spell(from: spell.end)
        }
    }
}
