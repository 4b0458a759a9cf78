/// Values that the document's examples share.
enum Examples {
    static let job = "job_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let other = "job_01jd2n8w5tq3v9k7x4m6b0c1z0"
    static let event = "evt_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let webhook = "whk_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let schedule = "sch_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let operation = "dlo_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let user = "user_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let course = "course_01jd2n8w5tq3v9k7x4m6b0c1yz"
    static let time = JSON.string("2024-01-15T10:30:00.000000Z")
    static let links: JSON = ["self": "/api/jobs/job_01jd2n8w5tq3v9k7x4m6b0c1yz"]

    static let receipt: JSON = ["jobId": .string(job), "status": "pending", "links": links]

    static let jobMembers: [(String, JSON)] = [
        ("id", .string(job)), ("kind", "noop"), ("queue", "system"), ("lane", "imports"), ("priority", 0), ("status", "succeeded"), ("attempt", 1),
        ("failures", 0), ("reclaims", 0), ("maxAttempts", 10), ("runAt", .null), ("uniqueKey", .null), ("traceparent", .null),
        ("errorClass", .null), ("errorMessage", .null), ("createdAt", time), ("settledAt", time), ("links", links),
    ]

    static let jobDetailMembers: [(String, JSON)] =
        jobMembers + [
            ("laneKey", .null), ("deadline", .null), ("notAfter", .null), ("payloadVersion", 1), ("cancelReason", .null), ("blockedBy", []),
            ("then", []), ("progress", .null), ("result", .null), ("payload", .object([])), ("attempts", [attempt]),
        ]

    static let attempt: JSON = [
        "attempt": 1, "at": time, "outcome": "succeeded", "httpStatus": .null, "errorClass": .null, "errorMessage": .null,
        "durationMicroseconds": 1500, "details": .null,
    ]
}
