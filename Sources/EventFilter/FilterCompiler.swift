internal import Primitives

/// Reads a filter into nodes, and gathers everything that speaks against it.
struct FilterCompiler {
    private(set) var faults: [FilterFault] = []
    private var conditions = 0

    mutating func compile(_ json: RawJSON) -> FilterNode {
        guard json.byteCount <= FilterLimits.mostBytes else {
            refuse("", "must not be longer than \(FilterLimits.mostBytes / 1024) KiB")
            return .all([])
        }
        return filter(json, at: "", depth: 0)
    }

    mutating func refuse(_ pointer: String, _ reason: String) { faults.append(FilterFault(pointer: pointer, reason: reason)) }

    static func place(_ name: String, in pointer: String) -> String {
        "\(pointer)/\(name.replacing("~", with: "~0").replacing("/", with: "~1"))"
    }

    /// The members of an object, each name once.
    mutating func members(_ json: RawJSON, at pointer: String, _ otherwise: String) -> [RawJSON.Member] {
        guard let members = json.members else {
            refuse(pointer, otherwise)
            return []
        }
        var seen: Set<[UInt8]> = []
        for member in members where !seen.insert(Array(member.name.utf8)).inserted { refuse(Self.place(member.name, in: pointer), "is there twice") }
        return members
    }

    private mutating func filter(_ json: RawJSON, at pointer: String, depth: Int) -> FilterNode {
        guard depth <= FilterLimits.deepest else {
            refuse(pointer, "has more than \(FilterLimits.deepest) of $and, $or and $not inside one another")
            return .all([])
        }
        var nodes: [FilterNode] = []
        for member in members(json, at: pointer, "must be an object of conditions") {
            let place = Self.place(member.name, in: pointer)
            switch member.name {
            case "$and": nodes.append(.all(filters(member.value, at: place, depth: depth)))
            case "$or": nodes.append(.any(filters(member.value, at: place, depth: depth)))
            case "$not": nodes.append(.not(filter(member.value, at: place, depth: depth + 1)))
            default:
                guard let path = FieldPath(member.name) else {
                    refuse(
                        place,
                        member.name.hasPrefix("$")
                            ? "is no operator; $and, $or and $not combine filters"
                            : "is no path: type, or data or metadata with names after dots, such as data.course.score")
                    continue
                }
                nodes.append(condition(member.value, on: path, at: place, depth: depth))
            }
        }
        return nodes.count == 1 ? nodes[0] : .all(nodes)
    }

    private mutating func filters(_ json: RawJSON, at pointer: String, depth: Int) -> [FilterNode] {
        guard let elements = json.elements, (1...FilterLimits.mostElements).contains(elements.count) else {
            refuse(pointer, "must be an array of 1 to \(FilterLimits.mostElements) filters")
            return []
        }
        return elements.enumerated().map { filter($1, at: "\(pointer)/\($0)", depth: depth + 1) }
    }

    /// One more of those that are counted; false when there are too many, of which one complaint is enough.
    mutating func count(at pointer: String) -> Bool {
        conditions += 1
        if conditions == FilterLimits.mostConditions + 1 { refuse(pointer, "is one condition too many: a filter has \(FilterLimits.mostConditions) at most") }
        return conditions <= FilterLimits.mostConditions
    }
}
