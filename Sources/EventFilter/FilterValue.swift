internal import Primitives

/// A value as filters compare it: members in any order, numbers by what they are worth, strings by their scalars.
indirect enum FilterValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(ExactNumber)
    case text([UInt8])
    case array([FilterValue])
    case object([[UInt8]: FilterValue])

    init(_ json: RawJSON) {
        switch json.kind {
        case .null: self = .null
        case .boolean: self = .boolean(json.boolean ?? false)
        case .number: self = .number(ExactNumber(json.text))
        case .string: self = .text(Array((json.string ?? "").utf8))
        case .array: self = .array((json.elements ?? []).map(FilterValue.init))
        case .object:
            var members: [[UInt8]: FilterValue] = [:]
            for member in json.members ?? [] { members[Array(member.name.utf8)] = FilterValue(member.value) }
            self = .object(members)
        }
    }

    /// Asked before a value is read whole only to be told apart.
    func isOf(_ kind: RawJSON.Kind) -> Bool {
        switch self {
        case .null: kind == .null
        case .boolean: kind == .boolean
        case .number: kind == .number
        case .text: kind == .string
        case .array: kind == .array
        case .object: kind == .object
        }
    }
}
