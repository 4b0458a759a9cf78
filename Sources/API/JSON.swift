import Primitives

/// An answer's JSON, members in the order written. `raw` passes on text that is JSON already, to the byte.
enum JSON: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case string(String)
    case raw(String)
    case array([JSON])
    case object([(String, JSON)])

    static func int(_ number: some BinaryInteger) -> JSON { .int(Int64(clamping: number)) }
    /// Without a fraction where there is none. The number is finite.
    static func number(_ number: Double) -> JSON {
        let whole = number.magnitude < 1e15 && number == number.rounded() ? Int64(number) : nil
        return whole.map { JSON.int($0) } ?? .raw(number.description)
    }
    static func optional(number: Double?) -> JSON { number.map { .number($0) } ?? .null }
    static func text(_ value: some CustomStringConvertible) -> JSON { .string(value.description) }
    static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    static func optional(_ number: (some BinaryInteger)?) -> JSON { number.map { .int($0) } ?? .null }

    var text: String {
        var text = ""
        write(into: &text)
        return text
    }

    private func write(into text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let number): text += String(number)
        case .string(let value): JSONText.append(value, to: &text)
        case .raw(let json): text += json
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(into: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                JSONText.append(member.0, to: &text)
                text += ":"
                member.1.write(into: &text)
            }
            text += "}"
        }
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral
{
    init(dictionaryLiteral members: (String, JSON)...) { self = .object(members) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(stringLiteral text: String) { self = .string(text) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
}
