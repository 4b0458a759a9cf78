import Primitives

/// Reads an object's members and gathers everything that is wrong with them, so that a client learns it in one answer. A null counts as absent.
struct Fields {
    private let members: [String: RawJSON]
    /// Nulls included: a name that is not known is refused, whatever its value.
    let names: [String]
    private let pointer: String
    private(set) var faults: [Problem.Fault] = []

    /// - Parameter pointer: where the object is in the body.
    init(_ json: RawJSON, at pointer: String = "") {
        self.pointer = pointer
        if let found = json.members {
            let given = Dictionary(found.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            names = given.keys.sorted()
            members = given.filter { !$0.value.isNull }
        } else {
            names = []
            members = [:]
            faults = [.body(pointer, "must be an object")]
        }
    }

    func pointer(to name: String) -> String {
        "\(pointer)/\(name.replacing("~", with: "~0").replacing("/", with: "~1"))"
    }

    mutating func refuse(element index: Int, of name: String, _ reason: String) { faults.append(.body("\(pointer(to: name))/\(index)", reason)) }

    mutating func refuse(_ name: String, _ reason: String) { faults.append(.body(pointer(to: name), reason)) }

    /// What was found wrong by somebody else who read a part of the same body.
    mutating func add(_ others: [Problem.Fault]) { faults += others }

    /// For objects in which a misspelled member would be dangerous.
    mutating func allow(only allowed: Set<String>) {
        for name in names where !allowed.contains(name) { refuse(name, "is not known here") }
    }

    /// Throws unless every member read so far was in order.
    func finish() throws(Problem) {
        if !faults.isEmpty { throw .invalid(faults) }
    }

    func contains(_ name: String) -> Bool { members[name] != nil }

    mutating func value(_ name: String, required: Bool = false) -> RawJSON? {
        if let value = members[name] { return value }
        if required { refuse(name, "is missing") }
        return nil
    }

    mutating func object(_ name: String, required: Bool = false) -> RawJSON? {
        guard let value = value(name, required: required) else { return nil }
        guard value.kind == .object else { return refused(name, "must be an object") }
        return value
    }

    /// - Parameter longest: in Unicode scalars.
    mutating func text(_ name: String, required: Bool = false, longest: Int, mayBeEmpty: Bool = false) -> String? {
        guard let value = value(name, required: required) else { return nil }
        guard let text = value.string else { return refused(name, "must be a string") }
        return mayBeEmpty && text.isEmpty ? text : check(text, name, longest: longest)
    }

    mutating func texts(_ name: String, most: Int, longest: Int) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.elements, (1...most).contains(elements.count) else {
            return refused(name, "must be an array of 1 to \(most) strings")
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.string else {
                refuse(name, "must hold strings only: element \(index) is none")
                return nil
            }
            guard let text = check(text, name, longest: longest) else { return nil }
            texts.append(text)
        }
        return texts
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.wholeNumber, range.contains(number) else {
            return refused(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number that a `Double` holds, a zero without a sign.
    mutating func number(_ name: String, required: Bool = false, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(name, required: required) else { return nil }
        guard value.kind == .number, let number = Double(value.text), range.contains(number) else {
            return refused(name, "must be a number from \(JSON.number(range.lowerBound).text) to \(JSON.number(range.upperBound).text)")
        }
        return number == 0 ? 0 : number
    }

    mutating func id<Thing>(_ name: String, of _: ID<Thing>.Type, required: Bool = false) -> ID<Thing>? {
        guard let text = text(name, required: required, longest: 64) else { return nil }
        return ID<Thing>(text) ?? refused(name, "must be an id that begins with \(Thing.prefix)_")
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of _: Choice.Type) -> Choice? where Choice.RawValue == String {
        guard let text = text(name, longest: 64) else { return nil }
        return Choice(rawValue: text) ?? refused(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    /// - Parameter most: bytes, as they were sent.
    mutating func value(_ name: String, upTo most: Int) -> RawJSON? {
        guard let value = value(name) else { return nil }
        return value.byteCount <= most ? value : refused(name, "must not be longer than \(most / 1024) KiB")
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        return value.boolean ?? refused(name, "must be true or false")
    }

    /// Microseconds since 1970.
    mutating func time(_ name: String) -> Int64? {
        guard let text = text(name, longest: 64) else { return nil }
        return RFC3339.parse(text) ?? refused(name, "must be an RFC 3339 time, such as 2024-01-15T10:30:00Z")
    }

    private mutating func check(_ text: String, _ name: String, longest: Int) -> String? {
        if text.isEmpty { return refused(name, "must not be empty") }
        if text.unicodeScalars.count > longest { return refused(name, "must not be longer than \(longest) characters") }
        return text.utf8.contains(0) ? refused(name, "must not hold a NUL character") : text
    }

    mutating func refused<Value>(_ name: String, _ reason: String) -> Value? {
        refuse(name, reason)
        return nil
    }
}
