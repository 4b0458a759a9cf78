/// The grammar of cron expressions as one pattern, so that a client can check what it sends, and a program can make up what is taken.
enum CronPattern {
    static let whole = "^(\(words)|(\(field(second)) )?\(field(minute)) \(field(hour)) \(days) \(field(month)) \(weekdays))$"

    private static let words = "@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every [1-9][0-9]{0,3}[smh]"

    private struct Values {
        var numbers: ClosedRange<Int>
        var names: [String] = []
        /// What the first name stands for.
        var firstName = 0
    }

    private static let second = Values(numbers: 0...59)
    private static let minute = Values(numbers: 0...59)
    private static let hour = Values(numbers: 0...23)
    private static let month = Values(
        numbers: 1...12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], firstName: 1)
    private static let dayOfMonth = Values(numbers: 1...31)
    private static let dayOfWeek = Values(numbers: 0...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])

    private static let days = "(\\?|\(list("\(element(dayOfMonth))|L|LW|L-\(number(1...30))|\(number(1...31))W")))"
    private static let weekdays =
        "(\\?|\(list("\(element(dayOfWeek))|(\(number(0...7))|\(dayOfWeek.names.joined(separator: "|")))(#[1-5]|L)")))"

    private static func field(_ values: Values) -> String { list(element(values)) }
    private static func list(_ element: String) -> String { "(\(element))(,(\(element)))*" }

    private static func element(_ values: Values) -> String {
        let value = ([number(values.numbers)] + values.names).joined(separator: "|")
        let step = number(1...(values.numbers.upperBound - values.numbers.lowerBound))
        return "(\\*|\(value)|\(ranges(values)))(/\(step))?"
    }

    /// Ranges that run forwards. Those of names are among names.
    private static func ranges(_ values: Values) -> String {
        var alternatives = values.numbers.map { "\($0)-\(number($0...values.numbers.upperBound))" }
        for (index, name) in values.names.enumerated() { alternatives.append("\(name)-(\(values.names[index...].joined(separator: "|")))") }
        return alternatives.joined(separator: "|")
    }

    /// The numbers of a range of at most two digits, ten by ten.
    private static func number(_ range: ClosedRange<Int>) -> String {
        var alternatives: [String] = []
        for ten in range.lowerBound / 10...range.upperBound / 10 {
            let (from, to) = (max(range.lowerBound, ten * 10) % 10, min(range.upperBound, ten * 10 + 9) % 10)
            alternatives.append((ten == 0 ? "" : "\(ten)") + (from == to ? "\(from)" : "[\(from)-\(to)]"))
        }
        return "(\(alternatives.joined(separator: "|")))"
    }
}
