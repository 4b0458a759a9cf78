import Primitives

/// A time as a wall clock and a calendar show it. Weekdays count from Sunday, 0.
struct Local: Hashable {
    var second: Int
    var minute: Int
    var hour: Int
    var day: Int
    var month: Int
    var weekday: Int
    var lengthOfMonth: Int

    /// Of another day of the month.
    func weekday(of day: Int) -> Int { ((weekday + day - self.day) % 7 + 7) % 7 }
}

/// A random expression together with what it means, said a second time in the plainest way: nothing of the parser is used.
struct RandomCron {
    typealias Test = (Local) -> Bool

    let text: String
    let takesEveryHour: Bool
    private let second: Test
    private let minute: Test
    private let hour: Test
    private let month: Test
    private let day: Test
    private let week: Test
    private let needsBoth: Bool

    init(using random: inout SplitMix64, withSeconds: Bool = false) {
        let second = Self.field(0...59, \.second, using: &random)
        let minute = Self.field(0...59, \.minute, using: &random)
        let hours: [Int]
        let hour: (text: String, test: Test)
        (hour.text, hour.test, hours) = Self.valued(0...23, \.hour, using: &random)
        let month = Bool.random(using: &random) ? ("*", { _ in true } as Test) : Self.field(1...12, \.month, using: &random)
        let day = Self.dayOfMonth(using: &random)
        let week = Self.dayOfWeek(using: &random)
        text = ((withSeconds ? [second.0] : []) + [minute.0, hour.text, day.0, month.0, week.0]).joined(separator: " ")
        takesEveryHour = Set(hours) == Set(0...23)
        self.second = withSeconds ? second.1 : { $0.second == 0 }
        (self.minute, self.hour, self.month, self.day, self.week) = (minute.1, hour.test, month.1, day.1, week.1)
        needsBoth = [day.0, week.0].contains { $0.first == "*" || $0 == "?" }
    }

    func matches(_ local: Local) -> Bool {
        guard second(local), minute(local), hour(local), month(local) else { return false }
        return needsBoth ? day(local) && week(local) : day(local) || week(local)
    }

    private static func field(_ range: ClosedRange<Int>, _ value: @escaping (Local) -> Int, using random: inout SplitMix64) -> (String, Test) {
        let (text, test, _) = valued(range, value, using: &random)
        return (text, test)
    }

    private static func valued(
        _ range: ClosedRange<Int>, _ value: @escaping (Local) -> Int, using random: inout SplitMix64
    ) -> (String, Test, [Int]) {
        var texts: [String] = []
        var values: [Int] = []
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let low = Int.random(in: range, using: &random)
            let high = Int.random(in: low...range.upperBound, using: &random)
            let step = Int.random(in: 1...7, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: (texts, values) = (texts + ["*"], values + Array(range))
            case 1: (texts, values) = (texts + ["*/\(step)"], values + range.filter { ($0 - range.lowerBound) % step == 0 })
            case 2: (texts, values) = (texts + ["\(low)-\(high)"], values + Array(low...high))
            case 3: (texts, values) = (texts + ["\(low)-\(high)/\(step)"], values + (low...high).filter { ($0 - low) % step == 0 })
            case 4: (texts, values) = (texts + ["\(low)/\(step)"], values + (low...range.upperBound).filter { ($0 - low) % step == 0 })
            default: (texts, values) = (texts + ["\(low)"], values + [low])
            }
        }
        let all = values
        return (texts.joined(separator: ","), { all.contains(value($0)) }, all)
    }

    private static func dayOfMonth(using random: inout SplitMix64) -> (String, Test) {
        let day = Int.random(in: 1...31, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2: return (Bool.random(using: &random) ? "*" : "?", { _ in true })
        case 3: return ("L", { $0.day == $0.lengthOfMonth })
        case 4: return ("L-\(min(day, 30))", { $0.day == $0.lengthOfMonth - min(day, 30) })
        case 5: return ("\(day)W", { nearestWorkingDay(day, $0) == $0.day })
        case 6: return ("LW", { nearestWorkingDay($0.lengthOfMonth, $0) == $0.day })
        default: return field(1...31, \.day, using: &random)
        }
    }

    private static func nearestWorkingDay(_ day: Int, _ local: Local) -> Int? {
        guard day <= local.lengthOfMonth else { return nil }
        switch local.weekday(of: day) {
        case 6: return day == 1 ? 3 : day - 1
        case 0: return day == local.lengthOfMonth ? day - 2 : day + 1
        default: return day
        }
    }

    private static func dayOfWeek(using random: inout SplitMix64) -> (String, Test) {
        let names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        let day = Int.random(in: 0...6, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2: return (Bool.random(using: &random) ? "*" : "?", { _ in true })
        case 3: return (names[day], { $0.weekday == day })
        case 4: return ("\(names[day])-SUN", { day == 0 ? $0.weekday == 0 : $0.weekday >= day || $0.weekday == 0 })
        case 5:
            let number = Int.random(in: 1...5, using: &random)
            return ("\(day == 0 ? 7 : day)#\(number)", { $0.weekday == day && ($0.day - 1) / 7 + 1 == number })
        case 6: return ("\(names[day])L", { $0.weekday == day && $0.day + 7 > $0.lengthOfMonth })
        default: return field(0...6, \.weekday, using: &random)
        }
    }
}
