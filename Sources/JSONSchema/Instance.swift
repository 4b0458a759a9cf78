internal import Primitives

/// A value as JSON Schema sees it: equal ones are equal here, however they were written.
enum Instance: Hashable, Sendable {
    enum Kind: String, CaseIterable {
        case null, boolean, number, string, array, object
        /// A number without a fraction.
        case integer
    }

    case null
    case boolean(Bool)
    case number(ExactNumber)
    case string(ScalarText)
    case array([Instance])
    case object([ScalarText: Instance])

    init(_ json: RawJSON) {
        switch json.kind {
        case .null: self = .null
        case .boolean: self = .boolean(json.boolean ?? false)
        case .number: self = .number(ExactNumber(json.text))
        case .string: self = .string(ScalarText(json.string ?? ""))
        case .array: self = .array((json.elements ?? []).map(Instance.init))
        case .object:
            self = .object(Dictionary((json.members ?? []).map { (ScalarText($0.name), Instance($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }

    func isA(_ kind: Kind) -> Bool {
        switch (self, kind) {
        case (.null, .null), (.boolean, .boolean), (.number, .number), (.string, .string), (.array, .array), (.object, .object): true
        case (.number(let number), .integer): number.isInteger
        default: false
        }
    }

    /// Values inside and this one: what a comparison costs.
    var weight: Int {
        switch self {
        case .null, .boolean: 1
        case .number(let number): 1 + number.digitCount / 64
        case .string(let text): 1 + text.bytes.count / 64
        case .array(let elements): elements.reduce(1) { $0 + $1.weight }
        case .object(let members): members.reduce(1) { $0 + 1 + $1.value.weight }
        }
    }
}
