internal import Primitives

/// What schemas say of one kind of values.
extension Evaluation {
    mutating func checkNumber(_ node: SchemaNode, _ value: ExactNumber, _ collects: Bool) -> Bool {
        guard pay(value.digitCount / 64) else { return false }
        var fits = true
        if let bound = node.minimum, value < bound { fits = refuse("must be at least \(node.written["minimum"] ?? "")", collects) }
        if let bound = node.maximum, value > bound { fits = refuse("must be at most \(node.written["maximum"] ?? "")", collects) }
        if let bound = node.exclusiveMinimum, value <= bound { fits = refuse("must be more than \(node.written["exclusiveMinimum"] ?? "")", collects) }
        if let bound = node.exclusiveMaximum, value >= bound { fits = refuse("must be less than \(node.written["exclusiveMaximum"] ?? "")", collects) }
        if let divisor = node.multipleOf, !value.isMultiple(of: divisor) {
            fits = refuse("must be a multiple of \(node.written["multipleOf"] ?? "")", collects)
        }
        return fits
    }

    mutating func checkText(_ node: SchemaNode, _ text: ScalarText, _ collects: Bool) -> Bool {
        var fits = true
        if node.minLength != nil || node.maxLength != nil {
            guard pay(text.bytes.count / 64) else { return false }
            let count = text.count
            if let bound = node.minLength, count < bound { fits = refuse("must not be shorter than \(bound) characters", collects) }
            if let bound = node.maxLength, count > bound { fits = refuse("must not be longer than \(bound) characters", collects) }
        }
        if let pattern = node.pattern {
            guard pay(pattern.cost(of: text)) else { return false }
            if !pattern.matches(text) { fits = refuse("must match \(pattern.source)", collects) }
        }
        if node.isDateTime, RFC3339.parse(text.description) == nil {
            fits = refuse("must be an RFC 3339 time, such as 2024-01-15T10:30:00Z", collects)
        }
        return fits
    }

    mutating func checkArray(_ node: SchemaNode, _ elements: [Instance], _ collects: Bool) -> Bool {
        var fits = true
        if let bound = node.minItems, elements.count < bound { fits = refuse("must have at least \(bound) elements", collects) }
        if let bound = node.maxItems, elements.count > bound { fits = refuse("must have at most \(bound) elements", collects) }
        if node.hasUniqueItems {
            guard pay(elements.reduce(0) { $0 + $1.weight }) else { return false }
            if Set(elements).count < elements.count { fits = refuse("must not have an element twice", collects) }
        }
        if let contains = node.contains {
            var count = 0
            for element in elements { count += check(contains, element, collects: false) ? 1 : 0 }
            if count < node.minContains ?? 1 { fits = refuse("must have at least \(node.minContains ?? 1) elements that fit the schema under contains", collects) }
            if let bound = node.maxContains, count > bound {
                fits = refuse("must have at most \(bound) elements that fit the schema under contains", collects)
            }
        }
        guard fits || collects else { return false }
        for (index, element) in elements.enumerated() {
            let schema = index < node.prefixItems.count ? node.prefixItems[index] : node.items
            guard let schema else { continue }
            fits = check(schema, element, under: .index(index), collects: collects) && fits
            if !fits, !collects { return false }
        }
        return fits
    }

    mutating func checkObject(_ node: SchemaNode, _ members: [ScalarText: Instance], _ collects: Bool) -> Bool {
        var fits = true
        if let bound = node.minProperties, members.count < bound { fits = refuse("must have at least \(bound) members", collects) }
        if let bound = node.maxProperties, members.count > bound { fits = refuse("must have at most \(bound) members", collects) }
        guard pay(node.required.count + node.dependentRequired.count) else { return false }
        var missing = node.required.filter { members[$0] == nil }
        for (name, others) in node.dependentRequired where members[name] != nil {
            guard pay(others.count) else { return false }
            missing += others.filter { members[$0] == nil }
        }
        for name in missing {
            place.steps.append(.name(name))
            fits = refuse("is missing", collects)
            place.steps.removeLast()
        }
        guard fits || collects else { return false }
        // In an order of their own, so that the same faults are told in the same order.
        for (name, value) in collects ? members.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) : Array(members) {
            fits = checkMember(node, name, value, collects) && fits
            if !fits, !collects { return false }
        }
        for (name, schema) in node.dependentSchemas where members[name] != nil { fits = check(schema, .object(members), collects: collects) && fits }
        return fits
    }

    private mutating func checkMember(_ node: SchemaNode, _ name: ScalarText, _ value: Instance, _ collects: Bool) -> Bool {
        var fits = true
        var isNamed = false
        if let schema = node.properties[name] {
            isNamed = true
            fits = check(schema, value, under: .name(name), collects: collects)
        }
        for (pattern, schema) in node.patternProperties {
            guard pay(pattern.cost(of: name)) else { return false }
            guard pattern.matches(name) else { continue }
            isNamed = true
            fits = check(schema, value, under: .name(name), collects: collects) && fits
        }
        if !isNamed, let schema = node.additionalProperties {
            if nodes[schema].verdict == false {
                place.steps.append(.name(name))
                fits = refuse("is not known here", collects)
                place.steps.removeLast()
            } else {
                fits = check(schema, value, under: .name(name), collects: collects) && fits
            }
        }
        if let schema = node.propertyNames { fits = check(schema, .string(name), under: .name(name), collects: collects) && fits }
        return fits
    }
}
