enum EventOperations {
    private static let course: JSON = [
        "course": ["id": "course_123", "name": "Introduction to AI", "score": 95],
        "user": ["id": "user_456", "name": "John Doe", "email": "john@example.com"],
    ]

    static let publish = Operation(
        "publishEvent", .events, "Publish an event to the webhooks that want it",
        body: .json(
            EventSchemas.request,
            example: ["event": "course.completed", "eventId": "evt-7", "timestamp": "2024-01-15T10:30:00Z", "data": course]),
        answers: [
            .accepted(
                "Published: it will be delivered.", EventSchemas.receipt,
                example: ["eventId": "evt-7", "deliveries": 2, "links": ["self": "/api/events/evt-7"]]
            ).leading(to: ["getEvent"], id: "/eventId")
        ],
        problems: [.draining("webhooks"), .overloaded, .notOfItsType([.body("/data/course", "is missing")])])

    static let list = Operation(
        "listEvents", .events, "Events, newest first",
        parameters: .paging("events", .id("evt")) + [.query("event", .filter, "Their type.")],
        answers: [
            .page(
                "A page of events.", of: EventSchemas.summary,
                example: ["eventId": "evt-7", "event": "course.completed", "deliveryCount": 2, "createdAt": Examples.time])
        ])

    static let show = Operation(
        "getEvent", .events, "An event with its deliveries",
        answers: [
            .ok(
                "The event.", EventSchemas.detail,
                example: [
                    "eventId": "evt-7", "event": "course.completed", "timestamp": "2024-01-15T10:30:00Z", "data": course, "metadata": .null, "createdAt": Examples.time,
                    "deliveryCount": 0, "deliveries": [],
                ])
        ])
}
