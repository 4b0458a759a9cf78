internal import Primitives

extension FilterCompiler {
    /// What is asked of the value at a path: an object of operators, or a value to be equal to.
    mutating func condition(_ json: RawJSON, on path: FieldPath, at pointer: String, depth: Int) -> FilterNode {
        guard depth <= FilterLimits.deepest else {
            refuse(pointer, "has more than \(FilterLimits.deepest) of $and, $or and $not inside one another")
            return .all([])
        }
        guard json.kind == .object else {
            return count(at: pointer) ? .field(path, .oneOf([FilterValue(json)])) : .all([])
        }
        let members = members(json, at: pointer, "")
        if members.isEmpty { refuse(pointer, "must have an operator; {\"$eq\": {}} asks for an empty object") }
        let nodes = members.map { member in
            let place = Self.place(member.name, in: pointer)
            if member.name == "$not" {
                guard member.value.kind == .object else {
                    refuse(place, "must be an object of operators")
                    return FilterNode.all([])
                }
                return .not(condition(member.value, on: path, at: place, depth: depth + 1))
            }
            guard count(at: place) else { return .all([]) }
            return node(member.name, member.value, on: path, at: place)
        }
        return nodes.count == 1 ? nodes[0] : .all(nodes)
    }

    private mutating func node(_ name: String, _ value: RawJSON, on path: FieldPath, at place: String) -> FilterNode {
        switch name {
        case "$eq": return .field(path, .oneOf([FilterValue(value)]))
        case "$ne": return .not(.field(path, .oneOf([FilterValue(value)])))
        case "$in": return .field(path, .oneOf(values(value, at: place)))
        case "$nin": return .not(.field(path, .oneOf(values(value, at: place))))
        case "$gt": return ordered(.more, value, on: path, at: place)
        case "$gte": return ordered(.moreOrEqual, value, on: path, at: place)
        case "$lt": return ordered(.less, value, on: path, at: place)
        case "$lte": return ordered(.lessOrEqual, value, on: path, at: place)
        case "$startsWith":
            guard let text = value.string else { return refused(place, "must be a string") }
            return .field(path, .startsWith(Array(text.utf8)))
        case "$exists":
            guard let wanted = value.boolean else { return refused(place, "must be true or false") }
            return wanted ? .field(path, .exists) : .not(.field(path, .exists))
        default:
            return refused(
                place,
                name.hasPrefix("$")
                    ? "is no operator; there are $eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, $startsWith, $exists and $not"
                    : "is no operator: names of members belong into the path, and an object to compare with into $eq")
        }
    }

    private mutating func ordered(_ order: FieldTest.Order, _ value: RawJSON, on path: FieldPath, at place: String) -> FilterNode {
        switch FilterValue(value) {
        case .number(let number): .field(path, .number(order, number))
        case .text(let text): .field(path, .text(order, text))
        default: refused(place, "must be a number or a string")
        }
    }

    private mutating func values(_ json: RawJSON, at place: String) -> [FilterValue] {
        guard let elements = json.elements, (1...FilterLimits.mostElements).contains(elements.count) else {
            refuse(place, "must be an array of 1 to \(FilterLimits.mostElements) values")
            return []
        }
        return elements.map { FilterValue($0) }
    }

    private mutating func refused(_ place: String, _ reason: String) -> FilterNode {
        refuse(place, reason)
        return .all([])
    }
}
