internal import Primitives

/// A compiled filter.
indirect enum FilterNode: Sendable {
    case all([FilterNode])
    case any([FilterNode])
    case not(FilterNode)
    case field(FieldPath, FieldTest)

    func holds(for subject: FilterSubject) -> Bool {
        switch self {
        case .all(let nodes): nodes.allSatisfy { $0.holds(for: subject) }
        case .any(let nodes): nodes.contains { $0.holds(for: subject) }
        case .not(let node): !node.holds(for: subject)
        case .field(let path, let test): test.holds(for: subject.value(at: path))
        }
    }
}

/// What is asked of one value. `$ne` and `$nin` are the opposites of these.
enum FieldTest: Sendable {
    enum Order: Sendable { case less, lessOrEqual, more, moreOrEqual }

    case exists
    case oneOf([FilterValue])
    case number(Order, ExactNumber)
    case text(Order, [UInt8])
    case startsWith([UInt8])

    func holds(for found: SubjectValue?) -> Bool {
        guard let found else { return false }
        switch self {
        case .exists: return true
        case .oneOf(let values): return values.contains { $0.isOf(found.json.kind) && $0 == found.comparable }
        case .number(let order, let bound):
            guard case .number(let number) = found.scalar else { return false }
            return order.holds(number, bound)
        case .text(let order, let bound):
            guard case .text(let text) = found.scalar else { return false }
            return order.holds(ByteOrder(bytes: text), ByteOrder(bytes: bound))
        case .startsWith(let beginning):
            guard case .text(let text) = found.scalar else { return false }
            return text.starts(with: beginning)
        }
    }
}

/// UTF-8 bytes are in the order of the scalars that they spell.
private struct ByteOrder: Comparable {
    let bytes: [UInt8]
    static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension FieldTest.Order {
    fileprivate func holds<Value: Comparable>(_ value: Value, _ bound: Value) -> Bool {
        switch self {
        case .less: value < bound
        case .lessOrEqual: !(bound < value)
        case .more: bound < value
        case .moreOrEqual: !(value < bound)
        }
    }
}
