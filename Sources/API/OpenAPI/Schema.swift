import Primitives

/// A JSON Schema (2020-12) of the document, members in the order written. It carries the named schemas that it refers to, so that the document holds
/// those that are used and no others.
struct Schema: Sendable {
    struct Member: Sendable {
        var name: String
        var schema: Schema
        var isRequired: Bool

        static func required(_ name: String, _ schema: Schema) -> Member { Member(name: name, schema: schema, isRequired: true) }
        static func optional(_ name: String, _ schema: Schema) -> Member { Member(name: name, schema: schema, isRequired: false) }
    }

    var keywords: [(String, JSON)]
    var components: [String: Schema] = [:]

    var json: JSON { .object(keywords) }

    /// The same with one keyword more.
    func with(_ keyword: String, _ value: JSON) -> Schema {
        var copy = self
        copy.keywords.append((keyword, value))
        return copy
    }

    func described(_ text: String) -> Schema { with("description", .string(text)) }
    func example(_ value: JSON) -> Schema { with("examples", [value]) }

    /// The same, or null. A format stands apart from null: some readers drop it where several types are allowed.
    var orNull: Schema {
        var copy = self
        guard let index = keywords.firstIndex(where: { $0.0 == "type" }), !keywords.contains(where: { $0.0 == "format" }) else {
            return Schema(keywords: [("anyOf", .array([json, ["type": "null"]]))], components: components)
        }
        copy.keywords[index].1 = .array([keywords[index].1, "null"])
        if let index = keywords.firstIndex(where: { $0.0 == "enum" }), case .array(let values) = keywords[index].1 {
            copy.keywords[index].1 = .array(values + [.null])
        }
        return copy
    }
}

extension Schema {
    static let boolean = Schema(keywords: [("type", "boolean")])
    static let null = Schema(keywords: [("type", "null")])
    /// Any value.
    static let any = Schema(keywords: [])
    /// RFC 3339.
    static let time = Schema(keywords: [("type", "string"), ("format", "date-time")])
    static let url = Schema(keywords: [("type", "string"), ("format", "uri")])

    /// - Parameter length: in Unicode scalars. Text that is only so long is stored, or looked for in what is: it holds no NUL.
    static func string(_ length: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil) -> Schema {
        var keywords: [(String, JSON)] = [("type", "string")]
        if let length { keywords += [("minLength", .int(length.lowerBound)), ("maxLength", .int(length.upperBound))] }
        if let pattern = pattern ?? (length == nil || format != nil ? nil : withoutNUL) { keywords.append(("pattern", .string(pattern))) }
        if let format { keywords.append(("format", .string(format))) }
        return Schema(keywords: keywords)
    }

    static let withoutNUL = "^[^\\x00]*$"

    /// The fields of a form: a name that is not known is ignored, but comes once, and is text.
    static func form(_ name: String?, _ members: [Member]) -> Schema {
        let schema = object(nil, members)
            .with("propertyNames", ["pattern": .string(withoutNUL)]).with("additionalProperties", string(pattern: withoutNUL).json)
        return name.map { schema.named($0) } ?? schema
    }

    /// What a list is filtered by.
    static let filter = string(1...Query.longest)

    static func integer(_ range: ClosedRange<Int64>? = nil) -> Schema {
        var keywords: [(String, JSON)] = [("type", "integer")]
        if let range {
            keywords.append(("minimum", .int(range.lowerBound)))
            if range.upperBound != .max { keywords.append(("maximum", .int(range.upperBound))) }
        }
        return Schema(keywords: keywords)
    }

    static let number = Schema(keywords: [("type", "number")])

    static func choice(_ values: [String]) -> Schema { Schema(keywords: [("type", "string"), ("enum", .array(values.map { .string($0) }))]) }

    static func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type) -> Schema where Choice.RawValue == String {
        choice(Choice.allCases.map(\.rawValue))
    }

    static func id<Thing: IdentifiedThing>(_: Thing.Type) -> Schema {
        string(pattern: "^\(Thing.prefix)_[0-7][0-9a-hjkmnp-tv-z]{25}$")
    }

    static func array(_ element: Schema, _ count: ClosedRange<Int>? = nil) -> Schema {
        var keywords: [(String, JSON)] = [("type", "array"), ("items", element.json)]
        if let count { keywords += [("minItems", .int(count.lowerBound)), ("maxItems", .int(count.upperBound))] }
        return Schema(keywords: keywords, components: element.components)
    }

    /// - Parameters:
    ///   - name: under which the document shows it; nil for one that stands where it is used.
    ///   - isOpen: whether members that are not named are taken.
    static func object(_ name: String?, _ members: [Member], open isOpen: Bool = true) -> Schema {
        var keywords: [(String, JSON)] = [("type", "object")]
        let required = members.filter(\.isRequired).map { JSON.string($0.name) }
        if !members.isEmpty { keywords.append(("properties", .object(members.map { ($0.name, $0.schema.json) }))) }
        if !required.isEmpty { keywords.append(("required", .array(required))) }
        if !isOpen { keywords.append(("additionalProperties", false)) }
        let inner = members.reduce(into: [String: Schema]()) { $0.merge($1.schema.components) { $1 } }
        let schema = Schema(keywords: keywords, components: inner)
        return name.map { schema.named($0) } ?? schema
    }

    /// A reference to this, which the document shows under the name.
    func named(_ name: String) -> Schema {
        var components = components
        components[name] = Schema(keywords: keywords)
        return Schema(keywords: [("$ref", .string("#/components/schemas/\(name)"))], components: components)
    }

    /// To a schema that refers to itself.
    static func reference(_ name: String) -> Schema { Schema(keywords: [("$ref", .string("#/components/schemas/\(name)"))]) }

    static func oneOf(_ schemas: [Schema]) -> Schema { combined("oneOf", schemas) }
    static func anyOf(_ schemas: [Schema]) -> Schema { combined("anyOf", schemas) }
    static func allOf(_ schemas: [Schema]) -> Schema { combined("allOf", schemas) }

    private static func combined(_ keyword: String, _ schemas: [Schema]) -> Schema {
        Schema(
            keywords: [(keyword, .array(schemas.map(\.json)))],
            components: schemas.reduce(into: [:]) { $0.merge($1.components) { $1 } })
    }
}
