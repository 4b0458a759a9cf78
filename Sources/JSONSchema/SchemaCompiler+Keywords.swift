internal import Primitives

/// The keywords of the applicator and validation vocabularies. Each reader says whether the keyword is one of its own.
extension SchemaCompiler {
    mutating func readApplicator(_ name: String, _ value: RawJSON, into node: inout SchemaNode, at place: String) -> Bool {
        switch name {
        case "properties": node.properties = schemas(value, at: place)
        case "patternProperties": node.patternProperties = patterns(value, at: place)
        case "additionalProperties": node.additionalProperties = schema(value, at: place)
        case "propertyNames": node.propertyNames = schema(value, at: place)
        case "dependentSchemas": node.dependentSchemas = schemas(value, at: place)
        case "prefixItems": node.prefixItems = list(value, at: place)
        case "items": node.items = schema(value, at: place)
        case "contains": node.contains = schema(value, at: place)
        case "allOf": node.allOf = list(value, at: place)
        case "anyOf": node.anyOf = list(value, at: place)
        case "oneOf": node.oneOf = list(value, at: place)
        case "not": node.not = schema(value, at: place)
        case "if": node.condition = schema(value, at: place)
        case "then": node.then = schema(value, at: place)
        case "else": node.otherwise = schema(value, at: place)
        default: return false
        }
        return true
    }

    mutating func readAssertion(_ name: String, _ value: RawJSON, into node: inout SchemaNode, at place: String) -> Bool {
        switch name {
        case "type": node.kinds = kinds(value, at: place)
        case "enum": choices(value.elements, value, into: &node, at: place)
        case "const": constant(value, into: &node)
        case "minimum": node.minimum = number(name, value, into: &node, at: place)
        case "maximum": node.maximum = number(name, value, into: &node, at: place)
        case "exclusiveMinimum": node.exclusiveMinimum = number(name, value, into: &node, at: place)
        case "exclusiveMaximum": node.exclusiveMaximum = number(name, value, into: &node, at: place)
        case "multipleOf": node.multipleOf = divisor(name, value, into: &node, at: place)
        case "minLength": node.minLength = count(value, at: place)
        case "maxLength": node.maxLength = count(value, at: place)
        case "minItems": node.minItems = count(value, at: place)
        case "maxItems": node.maxItems = count(value, at: place)
        case "minContains": node.minContains = count(value, at: place)
        case "maxContains": node.maxContains = count(value, at: place)
        case "minProperties": node.minProperties = count(value, at: place)
        case "maxProperties": node.maxProperties = count(value, at: place)
        case "uniqueItems":
            guard let isUnique = value.boolean else { return refused(place, "must be true or false") }
            node.hasUniqueItems = isUnique
        case "required": node.required = names(value, at: place)
        case "dependentRequired":
            guard let members = value.members else { return refused(place, "must be an object") }
            for member in members { node.dependentRequired[ScalarText(member.name)] = names(member.value, at: place + "/" + Pointer.escape(member.name)) }
        case "pattern": node.pattern = pattern(value, at: place)
        case "format":
            guard let format = value.string, Self.formats.contains(format) else {
                return refused(place, "must be one of \(Self.formats.sorted().joined(separator: ", "))")
            }
            node.isDateTime = format == "date-time"
        default: return false
        }
        return true
    }

    /// Those of the specification. Only the first one asserts.
    private static let formats: Set<String> = [
        "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri",
        "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
    ]

    private mutating func refused(_ place: String, _ reason: String) -> Bool {
        refuse(place, reason)
        return true
    }

    private mutating func kinds(_ value: RawJSON, at place: String) -> [Instance.Kind]? {
        let names = value.elements?.map(\.string) ?? [value.string]
        let kinds = names.compactMap { $0.flatMap(Instance.Kind.init(rawValue:)) }
        guard !names.isEmpty, kinds.count == names.count, Set(kinds).count == kinds.count else {
            refuse(place, "must be one of \(Instance.Kind.allCases.map(\.rawValue).joined(separator: ", ")), or an array of some")
            return nil
        }
        return kinds
    }

    private mutating func choices(_ elements: [RawJSON]?, _ value: RawJSON, into node: inout SchemaNode, at place: String) {
        guard let elements, !elements.isEmpty else { return refuse(place, "must be an array of at least one value") }
        narrow(Set(elements.map { Instance($0) }), shown: elements.map(\.text).joined(separator: ", "), in: &node)
    }

    private mutating func constant(_ value: RawJSON, into node: inout SchemaNode) { narrow([Instance(value)], shown: value.text, in: &node) }

    /// `enum` and `const` beside one another have to hold both.
    private func narrow(_ choices: Set<Instance>, shown text: String, in node: inout SchemaNode) {
        if let others = node.choices {
            node.choices = others.intersection(choices)
            node.choicesText = "the values that enum and const have in common"
        } else {
            node.choices = choices
            node.choicesText = text.unicodeScalars.count <= 200 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(200))) + "…"
        }
    }

    private mutating func number(_ name: String, _ value: RawJSON, into node: inout SchemaNode, at place: String) -> ExactNumber? {
        guard value.kind == .number else {
            refuse(place, "must be a number")
            return nil
        }
        node.written[name] = value.text
        return ExactNumber(value.text)
    }

    private mutating func divisor(_ name: String, _ value: RawJSON, into node: inout SchemaNode, at place: String) -> ExactNumber? {
        guard let number = number(name, value, into: &node, at: place) else { return nil }
        guard number.isPositive, number.digitCount <= ExactNumber.mostDivisorDigits else {
            refuse(place, "must be more than 0, of at most \(ExactNumber.mostDivisorDigits) digits")
            return nil
        }
        return number
    }

    private mutating func count(_ value: RawJSON, at place: String) -> Int? {
        if value.kind == .number, let count = ExactNumber(value.text).count { return count }
        refuse(place, "must be a whole number from 0")
        return nil
    }

    private mutating func names(_ value: RawJSON, at place: String) -> [ScalarText] {
        let names = value.elements?.compactMap { $0.string.map { ScalarText($0) } } ?? []
        if value.kind != .array || names.count != value.elements?.count || Set(names).count != names.count {
            refuse(place, "must be an array of strings, each of them once")
        }
        return names
    }

    private mutating func pattern(_ value: RawJSON, at place: String) -> LinearPattern? {
        guard let text = value.string else {
            refuse(place, "must be a string")
            return nil
        }
        return pattern(text, at: place)
    }

    private mutating func pattern(_ text: String, at place: String) -> LinearPattern? {
        do {
            return try LinearPattern(text)
        } catch {
            refuse(place, error.reason)
            return nil
        }
    }

    private mutating func patterns(_ value: RawJSON, at place: String) -> [(pattern: LinearPattern, schema: Int)] {
        guard let members = value.members else {
            refuse(place, "must be an object")
            return []
        }
        return members.compactMap { member in
            let inside = place + "/" + Pointer.escape(member.name)
            let number = schema(member.value, at: inside)
            return pattern(member.name, at: inside).map { ($0, number) }
        }
    }
}
