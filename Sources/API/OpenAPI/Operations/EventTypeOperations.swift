import Ledger

enum EventTypeOperations {
    private static let schema: JSON = [
        "type": "object", "properties": ["orderId": ["type": "string"], "total": ["type": "number", "minimum": 0]], "required": ["orderId"],
    ]
    private static let eventType: JSON = [
        "name": "order.paid", "description": "Somebody paid.", "custom": true, "schema": schema, "example": ["orderId": "A-17", "total": .raw("12.5")],
        "version": 1, "createdAt": Examples.time, "updatedAt": Examples.time,
    ]
    private static let refusals: [Problem] = [
        .schemaNotUsable([.body("/schema/$ref", "must lead to a schema of this document, such as #/$defs/name")]),
        .exampleDoesNotFit([.body("/example/orderId", "is missing")]),
    ]

    static let list = Operation(
        "listEventTypes", .events, "Types of events, in the order of their names",
        parameters: .paging("event-types", .name) + [.query("custom", .boolean, "The workspace's own only, or those of every workspace.")],
        answers: [.page("A page of types.", of: EventTypeSchemas.eventType, example: eventType)])

    static let create = Operation(
        "createEventType", .events, "Make a type of events",
        description: "Events of it are checked against the schema when they are published.",
        body: .json(
            EventTypeSchemas.request,
            example: ["name": "order.paid", "description": "Somebody paid.", "schema": schema, "example": ["orderId": "A-17", "total": .raw("12.5")]]),
        answers: [.created("The type.", EventTypeSchemas.eventType, example: eventType).versioned],
        problems: refusals + [Problem(CoreRefusal.eventTypeTaken), Problem(CoreRefusal.tooManyEventTypes(limit: EventTypeTable.mostInWorkspace))])

    static let show = Operation(
        "getEventType", .events, "A type of events", parameters: .ifNoneMatch,
        answers: [.ok("The type.", EventTypeSchemas.eventType, example: eventType), .notModified])

    static let change = Operation(
        "changeEventType", .events, "Change a type of events", description: "Each member as a whole; those that are left out stay.",
        parameters: .ifMatch, body: .json(EventTypeSchemas.change, example: ["description": "Somebody paid, at last."]),
        answers: [.ok("The type as it is now.", EventTypeSchemas.eventType, example: eventType).versioned],
        problems: refusals + [.builtIn, .versionConflict(4)])

    static let delete = Operation(
        "deleteEventType", .events, "Delete a type of events",
        description: "Webhooks that want it stay; what is published under its name is no longer checked.", parameters: .ifMatch,
        answers: [.noContent("Deleted.")], problems: [.builtIn, .versionConflict(4)])

    static let settings = Operation(
        "getEventTypeSettings", .events, "How events are checked",
        answers: [.ok("The settings.", EventTypeSchemas.settings, example: ["strict": false])])

    static let changeSettings = Operation(
        "changeEventTypeSettings", .events, "Change how events are checked", body: .json(EventTypeSchemas.settings, example: ["strict": true]),
        answers: [.ok("The settings as they are now.", EventTypeSchemas.settings, example: ["strict": true])])
}

extension Problem {
    static let builtIn = conflict("built_in", "This type belongs to every workspace: it cannot be changed or deleted.")
}
