import EventFilter
import Primitives
import Testing

/// The compiled filter against one that reads the JSON of filter and event each time, in the most obvious way.
@Suite struct FilterProperties {
    @Test func `a compiled filter holds exactly when reading it word by word says so`() throws {
        var held = 0
        for seed in 0..<20_000 {
            var random = RandomFilter(seed: UInt64(seed))
            let filter = random.filter(depth: 0), data = random.object(depth: 0), metadata = random.object(depth: 1)
            let compiled = try EventFilter(RawJSON(Array(filter.utf8)))
            let event = "{\"type\":\"a.b\",\"data\":\(data),\"metadata\":\(metadata)}"
            let subject = FilterSubject(type: "a.b", data: try RawJSON(Array(data.utf8)), metadata: try RawJSON(Array(metadata.utf8)))
            let expected = Naive.holds(try RawJSON(Array(filter.utf8)), try RawJSON(Array(event.utf8)))
            if expected { held += 1 }
            #expect(compiled.matches(subject) == expected, "seed \(seed): \(filter) of \(event)")
            if compiled.matches(subject) != expected { return }
        }
        #expect((4000...16_000).contains(held), "both answers are tried: \(held)")
    }
}

private enum Naive {
    static func holds(_ filter: RawJSON, _ event: RawJSON) -> Bool {
        for member in filter.members ?? [] {
            switch member.name {
            case "$and": for part in member.value.elements ?? [] where !holds(part, event) { return false }
            case "$or": if !(member.value.elements ?? []).contains(where: { holds($0, event) }) { return false }
            case "$not": if holds(member.value, event) { return false }
            default:
                var value: RawJSON? = event
                for step in member.name.split(separator: ".") {
                    value = value?.elements.map { Int(step).flatMap { [elements = $0] in elements.indices.contains($0) ? elements[$0] : nil } } ?? value?[String(step)]
                }
                if !holds(member.value, of: value) { return false }
            }
        }
        return true
    }

    private static func holds(_ condition: RawJSON, of value: RawJSON?) -> Bool {
        guard let members = condition.members else { return value.map { equal(condition, $0) } ?? false }
        return members.allSatisfy { member in
            let operand = member.value
            switch member.name {
            case "$eq": return value.map { equal(operand, $0) } ?? false
            case "$ne": return !(value.map { equal(operand, $0) } ?? false)
            case "$in": return (operand.elements ?? []).contains { element in value.map { equal(element, $0) } ?? false }
            case "$nin": return !(operand.elements ?? []).contains { element in value.map { equal(element, $0) } ?? false }
            case "$exists": return (value != nil) == operand.boolean
            case "$startsWith": return value?.string.map { Array($0.utf8).starts(with: Array((operand.string ?? "").utf8)) } ?? false
            case "$not": return !holds(operand, of: value)
            default: return value.map { compares(member.name, $0, operand) } ?? false
            }
        }
    }

    private static func compares(_ name: String, _ value: RawJSON, _ bound: RawJSON) -> Bool {
        let order: Int
        if let text = value.string, let other = bound.string {
            let (left, right) = (Array(text.unicodeScalars), Array(other.unicodeScalars))
            order = left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        } else if value.kind == .number, bound.kind == .number, let number = Double(value.text), let other = Double(bound.text) {
            // The numbers that are made here are exact in a Double.
            order = number == other ? 0 : number < other ? -1 : 1
        } else {
            return false
        }
        switch name {
        case "$gt": return order > 0
        case "$gte": return order >= 0
        case "$lt": return order < 0
        default: return order <= 0
        }
    }

    private static func equal(_ left: RawJSON, _ right: RawJSON) -> Bool {
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .null: return true
        case .boolean: return left.boolean == right.boolean
        case .number: return Double(left.text) == Double(right.text)
        case .string: return left.string.map { Array($0.unicodeScalars) } == right.string.map { Array($0.unicodeScalars) }
        case .array:
            let (mine, others) = (left.elements ?? [], right.elements ?? [])
            return mine.count == others.count && zip(mine, others).allSatisfy(equal)
        case .object:
            let names = Set((left.members ?? []).map(\.name)), others = Set((right.members ?? []).map(\.name))
            return names == others && names.allSatisfy { name in equal(left[name]!, right[name]!) }
        }
    }
}

/// Small, so that values meet.
private struct RandomFilter {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

    private mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    private mutating func pick(_ texts: [String]) -> String { texts[next(texts.count)] }

    mutating func scalar() -> String { pick(["null", "true", "false", "0", "1", "1.0", "2", "-1", "0.5", "1e1", "\"\"", "\"a\"", "\"ab\"", "\"b\"", "\"é\""]) }

    mutating func value(depth: Int) -> String {
        switch next(depth < 3 ? 6 : 4) {
        case 4: "[" + (0..<next(3)).map { _ in value(depth: depth + 1) }.joined(separator: ",") + "]"
        case 5: object(depth: depth + 1)
        default: scalar()
        }
    }

    mutating func object(depth: Int) -> String {
        "{" + ["a", "b", "c"].prefix(1 + next(3)).map { "\"\($0)\":\(value(depth: depth + 1))" }.joined(separator: ",") + "}"
    }

    private mutating func path() -> String {
        switch next(8) {
        case 0: "type"
        case 1: "metadata." + pick(["a", "b"])
        default: "data" + (0..<1 + next(2)).map { _ in pick([".a", ".b", ".c", ".0"]) }.joined()
        }
    }

    mutating func filter(depth: Int) -> String {
        var members: [String] = []
        for _ in 0..<1 + next(2) {
            switch depth < 3 ? next(7) : 3 {
            case 0: members.append("\"$or\":[\(filter(depth: depth + 1)),\(filter(depth: depth + 1))]")
            case 1: members.append("\"$and\":[\(filter(depth: depth + 1)),\(filter(depth: depth + 1))]")
            case 2: members.append("\"$not\":\(filter(depth: depth + 1))")
            default: members.append("\"\(path())\":\(condition(depth: 0))")
            }
        }
        var seen: Set<Substring> = []
        return "{" + members.filter { seen.insert($0.prefix { $0 != ":" }).inserted }.joined(separator: ",") + "}"
    }

    private mutating func condition(depth: Int) -> String {
        switch next(12) {
        case 0: "{\"$eq\":\(value(depth: 2))}"
        case 1: "{\"$ne\":\(value(depth: 2))}"
        case 2: "{\"$in\":[\(scalar()),\(scalar())]}"
        case 3: "{\"$nin\":[\(scalar()),\(scalar())]}"
        case 4: "{\"\(pick(["$gt", "$gte", "$lt", "$lte"]))\":\(pick(["0", "1", "1.0", "\"a\"", "\"b\""]))}"
        case 5: "{\"$gte\":0,\"$lt\":2}"
        case 6: "{\"$startsWith\":\"a\"}"
        case 7: "{\"$exists\":\(pick(["true", "false"]))}"
        case 8 where depth < 2: "{\"$not\":\(operators(depth: depth + 1))}"
        default: scalar()
        }
    }

    private mutating func operators(depth: Int) -> String {
        let condition = condition(depth: depth)
        return condition.hasPrefix("{") ? condition : "{\"$eq\":\(condition)}"
    }
}
