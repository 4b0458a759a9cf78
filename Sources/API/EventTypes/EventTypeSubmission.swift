import HTTPTypes
import JSONSchema
import Ledger
import Primitives

/// Reads types of events as clients send them.
enum EventTypeSubmission {
    static let longestDescription = 1000
    private static let members: Set<String> = ["name", "description", "schema", "example"]

    static func read(_ json: RawJSON) throws(Problem) -> EventTypeDefinition {
        var fields = Fields(json)
        try fields.finish()
        fields.allow(only: members)
        let name = fields.text("name", required: true, longest: EventName.longest)
        if let name, !EventName.isValid(name) { fields.refuse("name", EventName.rule) }
        let description = fields.text("description", longest: longestDescription, mayBeEmpty: true)
        let schema = fields.value("schema", required: true)
        let example = fields.object("example", required: true)
        if let example, example.byteCount > CompiledSchema.longest {
            fields.refuse("example", "must not be longer than \(CompiledSchema.longest / 1024) KiB")
        }
        try fields.finish()
        guard let name, let schema, let example else { throw .internalError }
        try judge(example, schema)
        return EventTypeDefinition(name: name, description: description ?? "", schema: schema.text, example: example.text)
    }

    /// Each member as a whole: a schema in which some keywords are new and some are old would be nobody's.
    static func read(_ patch: RawJSON, over definition: EventTypeDefinition) throws(Problem) -> EventTypeDefinition {
        guard let changes = patch.members else { throw .invalid([.body("", "must be an object")]) }
        if changes.contains(where: { $0.name == "name" }) { throw .invalid([.body("/name", "cannot be changed")]) }
        var members: [(String, JSON)] = [
            ("name", .string(definition.name)), ("description", .string(definition.description)), ("schema", .raw(definition.schema)),
            ("example", .raw(definition.example)),
        ]
        for change in changes {
            members.removeAll { $0.0 == change.name }
            if !change.value.isNull || !Self.members.contains(change.name) { members.append((change.name, .raw(change.value.text))) }
        }
        return try read(RawJSON.body(Array(JSON.object(members).text.utf8)))
    }

    /// A schema that cannot be enforced is a conflict, as is an example that does not fit: no document can say beforehand which ones are.
    private static func judge(_ example: RawJSON, _ schema: RawJSON) throws(Problem) {
        guard schema.kind == .object || schema.boolean != nil else { throw .invalid([.body("/schema", "must be an object or a boolean")]) }
        let compiled: CompiledSchema
        do {
            compiled = try CompiledSchema(schema)
        } catch {
            let faults = error.faults.map { Problem.Fault.body("/schema" + $0.pointer, $0.reason) }
            throw .schemaNotUsable(faults)
        }
        let faults = EventTypeDirectory.faults(of: example, against: compiled, at: "/example")
        if !faults.isEmpty { throw .exampleDoesNotFit(faults) }
    }
}

extension Problem {
    static func schemaNotUsable(_ faults: [Fault]) -> Problem {
        Problem(
            status: .conflict, code: "schema_not_usable", detail: "The schema has a keyword, a value, a reference or a pattern that cannot be enforced.",
            faults: faults)
    }

    static func exampleDoesNotFit(_ faults: [Fault]) -> Problem {
        Problem(status: .conflict, code: "example_does_not_fit", detail: "The example does not fit the schema.", faults: faults)
    }
}
