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

    /// Not the vocabulary itself, which refers to itself everywhere: programs that make requests up from the document get lost in it.
    private static let dataSchema = Schema(keywords: [("type", ["object", "boolean"])]).described(
        "A JSON Schema (2020-12) of an event's `data`. Keywords that are not enforced are refused: `$id`, `$anchor`, `$dynamicRef`, `content…`, "
            + "`unevaluated…`, and those that nobody knows.")
}
