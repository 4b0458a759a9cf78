/// What one of the fields is about, and how its values are written.
struct CronField: Sendable {
    let name: String
    let values: ClosedRange<Int>
    var names: [String: Int] = [:]

    static let second = CronField(name: "second", values: 0...59)
    static let minute = CronField(name: "minute", values: 0...59)
    static let hour = CronField(name: "hour", values: 0...23)
    static let dayOfMonth = CronField(name: "day of month", values: 1...31)
    static let month = CronField(
        name: "month", values: 1...12, names: numbered(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], from: 1))
    /// 7 is Sunday as well as 0, so that a range may end with it.
    static let dayOfWeek = CronField(
        name: "day of week", values: 0...7, names: numbered(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], from: 0))

    private static func numbered(_ names: [String], from first: Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 + first) })
    }

    private var isWeek: Bool { values.upperBound == 7 }
    /// Of an open range: a Sunday is there once.
    private var end: Int { isWeek ? 6 : values.upperBound }

    func refuse(_ text: Substring, _ reason: String) -> CronError { CronError("the \(name) '\(text)' \(reason)") }

    /// A field's elements; none of them empty.
    func elements(_ text: Substring) throws(CronError) -> [Substring] {
        let elements = text.split(separator: ",", omittingEmptySubsequences: false)
        guard elements.allSatisfy({ !$0.isEmpty }) else { throw refuse(text, "has an empty element") }
        return elements
    }

    func value(_ text: Substring) throws(CronError) -> Int {
        if let named = names[text.uppercased()] { return named }
        // Not Int(text) alone: it takes a sign.
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
            throw refuse(text, names.isEmpty ? "is no number" : "is neither a number nor a name such as \(names.min { $0.value < $1.value }?.key ?? "")")
        }
        guard values.contains(number) else { throw refuse(text, "is not from \(values.lowerBound) to \(values.upperBound)") }
        return number
    }

    /// `*`, `5`, `MON`, `1-5`, and each with `/n`; `5/n` begins with 5 and goes on to the end.
    func set(ofElement text: Substring) throws(CronError) -> ValueSet {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var step = 1
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]), number > 0 else {
                throw refuse(text, "has a step that is no number above 0")
            }
            // Else the field would quietly mean its first value, which nobody writes a step for.
            guard number <= values.upperBound - values.lowerBound else { throw refuse(text, "has a step that is longer than the whole field") }
            step = number
        }
        let range = try range(parts[0], of: text, isOpen: parts.count == 2)
        return ValueSet(stride(from: range.lowerBound, through: range.upperBound, by: step).map { $0 })
    }

    private func range(_ text: Substring, of element: Substring, isOpen: Bool) throws(CronError) -> ClosedRange<Int> {
        if text == "*" { return values.lowerBound...end }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0])
        guard ends.count == 2 else { return first...(isOpen ? max(first, end) : first) }
        var last = try value(ends[1])
        // FRI-SUN: the week ends with its Sunday.
        if last == 0, first > 0, isWeek { last = 7 }
        guard first <= last else { throw refuse(element, "runs backwards; write it as two ranges") }
        return first...last
    }
}
