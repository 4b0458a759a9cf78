/// Checks one value against the nodes of a schema.
struct Evaluation {
    let nodes: [SchemaNode]
    var faults: [SchemaFault] = []
    var place = Pointer()
    /// Schemas applied and values compared that are left; a schema can be written to take for ever.
    private var work = 250_000
    private var depth = 0
    private var isExhausted = false

    /// Calls inside one another: they take the stack.
    private static let deepest = 400

    init(nodes: [SchemaNode]) { self.nodes = nodes }

    mutating func run(on instance: Instance) -> [SchemaFault] {
        let fits = check(0, instance, collects: true)
        if isExhausted { return [SchemaFault(pointer: "", reason: "takes too much work to be checked against its schema")] }
        return fits ? [] : faults.isEmpty ? [SchemaFault(pointer: "", reason: "does not fit")] : faults
    }

    /// Pays for work. False when there is nothing left: nothing that comes out then counts.
    mutating func pay(_ cost: Int) -> Bool {
        work -= cost
        if work < 0 { isExhausted = true }
        return !isExhausted
    }

    /// - Parameter collects: whether every fault is wanted; else the first one ends it, and is not told.
    mutating func check(_ number: Int, _ instance: Instance, collects: Bool) -> Bool {
        guard depth < Self.deepest, pay(1) else {
            isExhausted = true
            return false
        }
        depth += 1
        defer { depth -= 1 }
        let node = nodes[number]
        if let verdict = node.verdict { return verdict || refuse("is not allowed", collects) }
        var fits = true
        // Each part is asked for only while it matters.
        func goesOn(_ holds: Bool, _ evaluation: Evaluation) -> Bool {
            fits = fits && holds
            return (fits || collects) && !evaluation.isExhausted && evaluation.faults.count < CompiledSchema.mostFaults
        }
        guard goesOn(checkValue(node, instance, collects), self) else { return fits }
        switch instance {
        case .number(let value): guard goesOn(checkNumber(node, value, collects), self) else { return fits }
        case .string(let text): guard goesOn(checkText(node, text, collects), self) else { return fits }
        case .array(let elements): guard goesOn(checkArray(node, elements, collects), self) else { return fits }
        case .object(let members): guard goesOn(checkObject(node, members, collects), self) else { return fits }
        case .null, .boolean: break
        }
        _ = goesOn(checkInPlace(node, instance, collects), self)
        return fits
    }

    mutating func refuse(_ reason: String, _ collects: Bool) -> Bool {
        if collects, faults.count < CompiledSchema.mostFaults { faults.append(SchemaFault(pointer: place.text, reason: reason)) }
        return false
    }

    /// Of a part of the value.
    mutating func check(_ number: Int, _ instance: Instance, under step: Pointer.Step, collects: Bool) -> Bool {
        place.steps.append(step)
        defer { place.steps.removeLast() }
        return check(number, instance, collects: collects)
    }

    private mutating func checkValue(_ node: SchemaNode, _ instance: Instance, _ collects: Bool) -> Bool {
        if let kinds = node.kinds, !kinds.contains(where: instance.isA) {
            // What is of another kind breaks other rules too, which says nothing more.
            return refuse("must be \(kinds.map(\.phrase).joined(separator: " or "))", collects)
        }
        guard let choices = node.choices else { return true }
        guard pay(instance.weight) else { return false }
        if choices.contains(instance) { return true }
        return refuse(choices.count == 1 ? "must be \(node.choicesText)" : "must be one of \(node.choicesText)", collects)
    }

    /// Schemas for the same value.
    private mutating func checkInPlace(_ node: SchemaNode, _ instance: Instance, _ collects: Bool) -> Bool {
        var fits = true
        for next in node.allOf + [node.reference].compactMap(\.self) {
            fits = check(next, instance, collects: collects) && fits
            if !fits, !collects { return false }
        }
        if !node.anyOf.isEmpty, !matches(node.anyOf, instance, upTo: 1, at: 1) {
            fits = refuse("must fit at least one of the schemas under anyOf", collects)
        }
        if !node.oneOf.isEmpty, !matches(node.oneOf, instance, upTo: 2, at: 1) { fits = refuse("must fit exactly one of the schemas under oneOf", collects) }
        if let not = node.not, check(not, instance, collects: false) { fits = refuse("must not fit the schema under not", collects) }
        if let condition = node.condition {
            let next = check(condition, instance, collects: false) ? node.then : node.otherwise
            if let next { fits = check(next, instance, collects: collects) && fits }
        }
        return fits
    }

    /// Whether the number of schemas that fit, counted up to a bound, is the right one.
    private mutating func matches(_ schemas: [Int], _ instance: Instance, upTo bound: Int, at expected: Int) -> Bool {
        var count = 0
        for next in schemas where count < bound { count += check(next, instance, collects: false) ? 1 : 0 }
        return count == expected
    }
}

extension Instance.Kind {
    /// For people.
    var phrase: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .number: "a number"
        case .integer: "a whole number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
