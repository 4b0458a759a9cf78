internal import Primitives

/// One schema inside a document, keywords read and checked; other schemas are named by their number.
struct SchemaNode: Sendable {
    /// Of a schema that is `true` or `false`.
    var verdict: Bool?

    var kinds: [Instance.Kind]?
    var choices: Set<Instance>?
    /// For people: the choices as they were written.
    var choicesText = ""
    var reference: Int?

    var minimum: ExactNumber?
    var maximum: ExactNumber?
    var exclusiveMinimum: ExactNumber?
    var exclusiveMaximum: ExactNumber?
    var multipleOf: ExactNumber?
    /// Numbers as they were written, by keyword.
    var written: [String: String] = [:]

    var minLength: Int?
    var maxLength: Int?
    var pattern: LinearPattern?
    var isDateTime = false

    var prefixItems: [Int] = []
    var items: Int?
    var contains: Int?
    var minContains: Int?
    var maxContains: Int?
    var minItems: Int?
    var maxItems: Int?
    var hasUniqueItems = false

    var properties: [ScalarText: Int] = [:]
    var patternProperties: [(pattern: LinearPattern, schema: Int)] = []
    var additionalProperties: Int?
    var propertyNames: Int?
    var required: [ScalarText] = []
    var dependentRequired: [ScalarText: [ScalarText]] = [:]
    var dependentSchemas: [ScalarText: Int] = [:]
    var minProperties: Int?
    var maxProperties: Int?

    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
    var condition: Int?
    var then: Int?
    var otherwise: Int?

    /// Schemas that are applied to the same value.
    var inPlace: [Int] {
        [reference, not, condition, then, otherwise].compactMap(\.self) + allOf + anyOf + oneOf + dependentSchemas.values
    }
}
