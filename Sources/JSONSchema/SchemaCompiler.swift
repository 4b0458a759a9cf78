internal import Primitives

/// Reads a document into nodes, and gathers everything that speaks against it.
struct SchemaCompiler {
    private(set) var nodes: [SchemaNode] = []
    private(set) var faults: [SchemaFault] = []
    /// Schemas by their pointers, for references.
    private var places: [ScalarText: Int] = [:]
    private var references: [(from: Int, to: String, pointer: String)] = []

    /// Schemas that are applied to one value, inside one another.
    private static let deepest = 32
    private static let annotations: Set<String> = [
        "$comment", "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples",
    ]

    mutating func compile(_ json: RawJSON) {
        _ = schema(json, at: "")
        for reference in references {
            if let target = Self.pointer(reference.to).flatMap({ places[ScalarText($0)] }) {
                nodes[reference.from].reference = target
            } else {
                refuse(reference.pointer, "must lead to a schema of this document, such as #/$defs/name")
            }
        }
        if faults.isEmpty { refuseLoops() }
    }

    mutating func refuse(_ pointer: String, _ reason: String) {
        faults.append(SchemaFault(pointer: pointer, reason: reason))
    }

    /// Adds a schema and those in it.
    mutating func schema(_ json: RawJSON, at pointer: String) -> Int {
        let number = nodes.count
        nodes.append(SchemaNode())
        places[ScalarText(pointer)] = number
        if let verdict = json.boolean {
            nodes[number].verdict = verdict
            return number
        }
        guard let members = json.members else {
            refuse(pointer, "must be a schema: an object, true or false")
            return number
        }
        var node = SchemaNode()
        var keywords: [String: RawJSON] = [:]
        for member in members { keywords[member.name] = member.value }
        for (name, value) in keywords.sorted(by: { $0.key < $1.key }) {
            let place = pointer + "/" + Pointer.escape(name)
            if Self.annotations.contains(name) || readIdentity(name, value, at: place, of: number) { continue }
            if readAssertion(name, value, into: &node, at: place) || readApplicator(name, value, into: &node, at: place) { continue }
            refuse(place, "is a keyword that is not supported")
        }
        nodes[number] = node
        return number
    }

    /// Keywords about the document itself.
    private mutating func readIdentity(_ name: String, _ value: RawJSON, at place: String, of number: Int) -> Bool {
        switch name {
        case "$schema":
            let dialect = value.string.map { $0.hasSuffix("#") ? String($0.dropLast()) : $0 }
            if dialect != "https://json-schema.org/draft/2020-12/schema" { refuse(place, "must be https://json-schema.org/draft/2020-12/schema") }
        case "$ref":
            if let target = value.string { references.append((number, target, place)) } else { refuse(place, "must be a string") }
        case "$defs", "definitions":
            _ = schemas(value, at: place)
        default: return false
        }
        return true
    }

    /// Schemas by name.
    mutating func schemas(_ json: RawJSON, at place: String) -> [ScalarText: Int] {
        guard let members = json.members else {
            refuse(place, "must be an object")
            return [:]
        }
        var found: [ScalarText: RawJSON] = [:]
        for member in members { found[ScalarText(member.name)] = member.value }
        var numbers: [ScalarText: Int] = [:]
        for (name, value) in found { numbers[name] = schema(value, at: place + "/" + Pointer.escape(name.description)) }
        return numbers
    }

    /// One or more schemas.
    mutating func list(_ json: RawJSON, at place: String) -> [Int] {
        guard let elements = json.elements, !elements.isEmpty else {
            refuse(place, "must be an array of at least one schema")
            return []
        }
        return elements.enumerated().map { schema($1, at: "\(place)/\($0)") }
    }

    /// The pointer of a reference within the document, spelled as ours are; nil for any other.
    private static func pointer(_ reference: String) -> String? {
        guard reference.hasPrefix("#"), let text = decoded(reference.dropFirst()) else { return nil }
        guard !text.isEmpty else { return "" }
        guard text.hasPrefix("/") else { return nil }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { step in
            "/" + Pointer.escape(String(step).replacing("~1", with: "/").replacing("~0", with: "~"))
        }.joined()
    }

    /// A fragment with its percent signs resolved.
    private static func decoded(_ fragment: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(fragment.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A schema that is applied to a value because it is applied to the value would go on for ever; many in a row would take the stack.
    private mutating func refuseLoops() {
        var depths = [Int?](repeating: nil, count: nodes.count)
        func depth(_ number: Int, _ above: Int) -> Int? {
            guard above < Self.deepest else { return nil }
            if let known = depths[number] { return above + known < Self.deepest ? known : nil }
            var deepest = 0
            for next in nodes[number].inPlace {
                guard let found = depth(next, above + 1) else { return nil }
                deepest = max(deepest, found + 1)
            }
            depths[number] = deepest
            return deepest
        }
        for (pointer, number) in places.sorted(by: { $0.value < $1.value }) where depth(number, 0) == nil {
            refuse(pointer.description, "refers to itself without end, or through more than \(Self.deepest) schemas")
            return
        }
    }
}
