import EventFilter

/// Which events a webhook wants.
enum FilterSchemas {
    private static let name = "EventFilter"
    private static let operators = "EventFilterOperators"
    /// Paths with names after dots, and JSON pointers.
    private static let path =
        "^(type|/type|(data|metadata)(\\.[^.\\x00]+){0,\(FilterLimits.mostSteps)}|/(data|metadata)(/([^~/\\x00]|~[01])*){0,\(FilterLimits.mostSteps)})$"

    static let filter: Schema = {
        let several = Schema.array(.reference(name), 1...FilterLimits.mostElements)
        let keywords: [(String, JSON)] = [
            ("type", "object"),
            ("properties", ["$and": several.json, "$or": several.json, "$not": Schema.reference(name).json]),
            ("patternProperties", .object([(path, condition.json)])),
            ("propertyNames", ["maxLength": .int(FilterLimits.longestPath)]),
            ("additionalProperties", false),
            (
                "description",
                .string(
                """
                Conditions that must all hold, by paths such as `type`, `data.course.score` or, for names with dots, `/data/a.b`; combined by `$and`, `$or` and \
                `$not`. At most \(FilterLimits.mostConditions) conditions, \(FilterLimits.deepest) levels and 8 KiB.
                """)
            ),
            ("examples", [["data.course.score": ["$gte": 90]]]),
        ]
        return Schema(keywords: keywords, components: condition.components).named(name)
    }()

    /// A value to be equal to, or operators.
    private static let condition = Schema.anyOf([
        Schema(keywords: [("type", ["null", "boolean", "number", "string", "array"])]), operatorObject,
    ])

    private static let operatorObject: Schema = {
        let values = Schema.array(.any, 1...FilterLimits.mostElements)
        let bound = Schema(keywords: [("type", ["number", "string"])])
        let members: [Schema.Member] = [
            .optional("$eq", .any), .optional("$ne", .any), .optional("$in", values), .optional("$nin", values), .optional("$gt", bound),
            .optional("$gte", bound), .optional("$lt", bound), .optional("$lte", bound), .optional("$startsWith", .string()),
            .optional("$exists", .boolean), .optional("$not", .reference(operators)),
        ]
        return Schema.object(nil, members, open: false).with("minProperties", 1).named(operators)
    }()
}
