import Primitives

/// Which days: the fields day of month and day of week together.
///
/// As in Vixie cron: when both are restricted a day needs to satisfy one of them, and a field that begins with `*` does not count as restricted,
/// so that `*/2` and a weekday have to hold both.
struct DayRule: Equatable, Sendable {
    private var days = ValueSet()
    /// `L`, `L-3`: days before the month's last one.
    private var beforeLast = ValueSet()
    /// `15W`: the working day next to it within the month; `LW` is kept as 32.
    private var workingDaysNear = ValueSet()
    private var weekdays = ValueSet()
    /// `FRI#2`, by weekday: which ones of the month. `FRIL` is kept as 6.
    private var ordinals: [Int: ValueSet] = [:]
    private let needsBoth: Bool

    private static let last = 32
    private static let lastOrdinal = 6
    private static let mostBeforeLast = 30

    init(dayOfMonth: Substring, dayOfWeek: Substring) throws(CronError) {
        needsBoth = Self.isOpen(dayOfMonth) || Self.isOpen(dayOfWeek)
        try read(dayOfMonth: dayOfMonth == "?" ? "*" : dayOfMonth)
        try read(dayOfWeek: dayOfWeek == "?" ? "*" : dayOfWeek)
    }

    private static func isOpen(_ field: Substring) -> Bool { field.hasPrefix("*") || field == "?" }

    private mutating func read(dayOfMonth text: Substring) throws(CronError) {
        let field = CronField.dayOfMonth
        for element in try field.elements(text) {
            let upper = element.uppercased()
            if upper == "L" {
                beforeLast.insert(0)
            } else if upper == "LW" {
                workingDaysNear.insert(Self.last)
            } else if upper.hasPrefix("L-") {
                guard let days = Int(upper.dropFirst(2)), (1...Self.mostBeforeLast).contains(days) else {
                    throw field.refuse(element, "is not L- and a number from 1 to \(Self.mostBeforeLast)")
                }
                beforeLast.insert(days)
            } else if upper.hasSuffix("W") {
                workingDaysNear.insert(try field.value(element.dropLast()))
            } else {
                days.formUnion(try field.set(ofElement: element))
            }
        }
    }

    private mutating func read(dayOfWeek text: Substring) throws(CronError) {
        let field = CronField.dayOfWeek
        for element in try field.elements(text) {
            if let mark = element.firstIndex(of: "#") {
                guard let number = Int(element[mark...].dropFirst()), (1...5).contains(number) else {
                    throw field.refuse(element, "is not a day, # and a number from 1 to 5")
                }
                ordinals[try field.value(element[..<mark]) % 7, default: ValueSet()].insert(number)
            } else if element.uppercased().hasSuffix("L") {
                ordinals[try field.value(element.dropLast()) % 7, default: ValueSet()].insert(Self.lastOrdinal)
            } else {
                let set = try field.set(ofElement: element)
                weekdays.formUnion(set)
                if set.contains(7) { weekdays.insert(0) }
            }
        }
    }

    func matches(_ date: CivilDate, days: Int64) -> Bool {
        // 1970-01-01 was a Thursday.
        let weekday = Int((days + 4).floored(by: 7).remainder)
        let byMonth = matchesMonth(date, weekday: weekday)
        let byWeek = matchesWeek(date, weekday: weekday)
        return needsBoth ? byMonth && byWeek : byMonth || byWeek
    }

    private func matchesMonth(_ date: CivilDate, weekday: Int) -> Bool {
        let length = date.lengthOfMonth
        if days.contains(date.day) || beforeLast.contains(length - date.day) { return true }
        guard !workingDaysNear.isEmpty, (1...5).contains(weekday) else { return false }
        // This working day stands for itself, for a Saturday after it or a Sunday before it; at the month's ends for one two days away.
        func stands(_ day: Int) -> Bool { workingDaysNear.contains(day) || day == length && workingDaysNear.contains(Self.last) }
        if stands(date.day) { return true }
        if weekday == 5, date.day < length, stands(date.day + 1) { return true }
        if weekday == 1, date.day > 1, stands(date.day - 1) { return true }
        if weekday == 1, date.day == 3, stands(1) { return true }
        return weekday == 5 && date.day == length - 2 && stands(length)
    }

    private func matchesWeek(_ date: CivilDate, weekday: Int) -> Bool {
        if weekdays.contains(weekday) { return true }
        guard let wanted = ordinals[weekday] else { return false }
        return wanted.contains((date.day + 6) / 7) || wanted.contains(Self.lastOrdinal) && date.day + 7 > date.lengthOfMonth
    }
}
