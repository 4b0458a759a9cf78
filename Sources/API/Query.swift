import Hummingbird
import HummingbirdCore
import Primitives

/// Reads a list's parameters and gathers what is wrong with them.
struct Query {
    private let parameters: FlatDictionary<Substring, Substring>
    private var faults: [Problem.Fault] = []
    static let longest = 256

    init(_ request: Request) { parameters = request.uri.queryParameters }

    /// - Parameter longest: in Unicode scalars.
    mutating func text(_ name: String, longest: Int = Self.longest) -> String? {
        guard let value = parameters[name[...]] else { return nil }
        if value.isEmpty { return refuse(name, "must not be empty") }
        guard value.unicodeScalars.count <= longest, !value.utf8.contains(0) else {
            return refuse(name, "must not be longer than \(longest) characters, nor hold a NUL")
        }
        return String(value)
    }

    mutating func number(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let text = parameters[name[...]] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            return refuse(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// False when absent.
    mutating func flag(_ name: String) -> Bool {
        switch parameters[name[...]] {
        case nil, "false": return false
        case "true": return true
        default: return refuse(name, "must be true or false") ?? false
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of _: Choice.Type) -> Choice? where Choice.RawValue == String {
        guard let text = text(name) else { return nil }
        return Choice(rawValue: text) ?? refuse(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    mutating func id<Thing>(_ name: String, of _: ID<Thing>.Type) -> ID<Thing>? {
        guard let text = text(name) else { return nil }
        return ID<Thing>(text) ?? refuse(name, "must be an id that begins with \(Thing.prefix)_")
    }

    mutating func time(_ name: String) -> Int64? {
        guard let text = text(name) else { return nil }
        return RFC3339.parse(text) ?? refuse(name, "must be an RFC 3339 time, such as 2024-01-15T10:30:00Z")
    }

    mutating func limit() -> Int {
        guard let text = parameters["limit"] else { return Page.usualLimit }
        if let limit = Int(text), Page.limits.contains(limit) { return limit }
        faults.append(.parameter("limit", "must be a number from \(Page.limits.lowerBound) to \(Page.limits.upperBound)"))
        return Page.usualLimit
    }

    /// The position after which the list goes on.
    mutating func cursor<Position: LosslessStringConvertible>(of list: String, as _: Position.Type) -> Position? {
        guard let text = parameters["cursor"] else { return nil }
        return Cursor(String(text), list: list).flatMap { Position($0.position) } ?? refuse("cursor", "is not a cursor of this list")
    }

    /// Where one path has two lists: a place in the other one is no malformed value.
    func refuseCursor(of other: String) throws(Problem) {
        guard let text = parameters["cursor"], Cursor(String(text), list: other) != nil else { return }
        throw .cursorOfAnotherList
    }

    /// The name after which a list in the order of names goes on.
    mutating func cursor(ofNames list: String) -> String? {
        guard let text = parameters["cursor"] else { return nil }
        return Cursor(String(text), list: list)?.name ?? refuse("cursor", "is not a cursor of this list")
    }

    /// For parameters that only the route can judge.
    mutating func require(_ name: String, _ holds: Bool, _ reason: String) {
        if !holds { faults.append(.parameter(name, reason)) }
    }

    func finish() throws(Problem) {
        if !faults.isEmpty { throw .invalid(faults) }
    }

    private mutating func refuse<Value>(_ name: String, _ reason: String) -> Value? {
        faults.append(.parameter(name, reason))
        return nil
    }
}
