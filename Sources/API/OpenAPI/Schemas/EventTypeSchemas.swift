/// Types of events, and the schemas of their data: the part of JSON Schema 2020-12 that is enforced.
enum EventTypeSchemas {
    private static let description = Schema.string(0...EventTypeSubmission.longestDescription)
    private static let example = Schema.object(nil, []).described("Data that fits the schema.")

    static let request = Schema.object(
        "EventTypeRequest",
        [
            .required("name", EventSchemas.name), .optional("description", description.orNull), .required("schema", dataSchema),
            .required("example", example),
        ], open: false)
    static let change = Schema.object(
        "EventTypeChange",
        [.optional("description", description.orNull), .optional("schema", dataSchema), .optional("example", example)], open: false)

    static let eventType = Schema.object(
        "EventType",
        [
            .required("name", EventSchemas.name), .required("description", .string()),
            .required("custom", .boolean.described("Whether it is the workspace's own.")), .required("schema", .any.described("Of an event's `data`.")),
            .required("example", .object(nil, [])), .required("version", .integer(1...2_147_483_647).orNull), .required("createdAt", .time.orNull),
            .required("updatedAt", .time.orNull),
        ])

    static let settings = Schema.object(
        "EventTypeSettings",
        [.required("strict", .boolean.described("Whether only events of known types are published."))], open: false)

    // MARK: JSON Schema

    private static let itself = Schema.reference("DataSchema")
    private static let several = Schema.array(itself, 1...1000)
    private static let byName = Schema(keywords: [("type", "object"), ("additionalProperties", itself.json)])
    private static let count = Schema.integer(0...Int64.max)
    private static let names = Schema(keywords: [("type", "array"), ("items", ["type": "string"]), ("uniqueItems", true)])
    private static let word: Schema = .choice(["array", "boolean", "integer", "null", "number", "object", "string"])

    private static let general: [Schema.Member] = [
        .optional("$schema", .choice(["https://json-schema.org/draft/2020-12/schema"])), .optional("$ref", .string()), .optional("$defs", byName),
        .optional("$comment", .any), .optional("title", .any), .optional("description", .any), .optional("default", .any),
        .optional("examples", .any), .optional("deprecated", .any), .optional("readOnly", .any), .optional("writeOnly", .any),
        .optional("type", .anyOf([word, .array(word, 1...7).with("uniqueItems", true)])), .optional("enum", .array(.any, 1...1000)),
        .optional("const", .any), .optional("allOf", several), .optional("anyOf", several), .optional("oneOf", several), .optional("not", itself),
        .optional("if", itself), .optional("then", itself), .optional("else", itself),
    ]
    private static let ofNumbers: [Schema.Member] = [
        .optional("minimum", .number), .optional("maximum", .number), .optional("exclusiveMinimum", .number), .optional("exclusiveMaximum", .number),
        .optional("multipleOf", .integer(1...1_000_000_000_000)),
    ]
    private static let ofTexts: [Schema.Member] = [
        .optional("minLength", count), .optional("maxLength", count), .optional("pattern", .string()),
        .optional("format", .choice(["date-time", "date", "time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"])),
    ]
    private static let ofArrays: [Schema.Member] = [
        .optional("prefixItems", several), .optional("items", itself), .optional("contains", itself), .optional("minContains", count),
        .optional("maxContains", count), .optional("minItems", count), .optional("maxItems", count), .optional("uniqueItems", .boolean),
    ]
    private static let ofObjects: [Schema.Member] = [
        .optional("properties", byName), .optional("patternProperties", byName), .optional("additionalProperties", itself),
        .optional("propertyNames", itself), .optional("required", names), .optional("dependentSchemas", byName),
        .optional("dependentRequired", Schema(keywords: [("type", "object"), ("additionalProperties", names.json)])),
        .optional("minProperties", count), .optional("maxProperties", count),
    ]

    static let dataSchema: Schema = {
        var schema = Schema.object(nil, general + ofNumbers + ofTexts + ofArrays + ofObjects, open: false)
        schema.keywords[0].1 = ["object", "boolean"]
        return schema.described("A JSON Schema (2020-12) of an event's `data`. Keywords that are not enforced are refused.").named("DataSchema")
    }()
}
