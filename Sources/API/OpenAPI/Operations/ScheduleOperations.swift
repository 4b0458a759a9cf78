import Ledger

enum ScheduleOperations {
    private static let members: [(String, JSON)] = [
        ("id", .string(Examples.schedule)), ("status", "active"), ("name", "nightly"), ("cron", "0 3 * * *"), ("timeZone", "Europe/Berlin"),
        ("kind", "noop"), ("payload", .object([])), ("queue", "system"), ("lane", "nightly"), ("priority", 0), ("maxAttempts", 10),
        ("catchUp", "none"), ("catchUpLimit", 100), ("overlap", "allow"), ("pausedAt", .null), ("pausedBy", .null), ("pausedReason", .null),
        ("nextAt", Examples.time), ("lastAt", .null), ("waitingAt", .null), ("createdAt", Examples.time), ("updatedAt", Examples.time),
        ("links", ["self": "/api/schedules/sch_01jd2n8w5tq3v9k7x4m6b0c1yz"]),
    ]
    private static let detail = JSON.object(members + [("nextOccurrences", [Examples.time]), ("occurrences", [])])
    private static let problems: [Problem] = [
        Problem(ScheduleRefusal.nameTaken), Problem(ScheduleRefusal.tooMany(limit: 1000)), Problem(ScheduleRefusal.neverComes),
    ]

    static let list = Operation(
        "listSchedules", .schedules, "Schedules, newest first", parameters: .paging("schedules", .id("sch")),
        answers: [.page("A page of schedules.", of: ScheduleSchemas.summary, example: .object(members))])

    static let create = Operation(
        "createSchedule", .schedules, "Run a job again and again",
        body: .json(
            ScheduleSchemas.request,
            example: ["name": "nightly", "cron": "0 3 * * *", "timeZone": "Europe/Berlin", "kind": "noop", "payload": .object([])]),
        answers: [
            .created("The schedule.", ScheduleSchemas.detail, example: detail)
                .leading(to: ["getSchedule", "changeSchedule", "pauseSchedule", "resumeSchedule", "runSchedule", "deleteSchedule"], id: "/id")
        ], problems: problems)

    static let show = Operation(
        "getSchedule", .schedules, "A schedule with its latest and next times", answers: [.ok("The schedule.", ScheduleSchemas.detail, example: detail)])

    static let change = Operation(
        "changeSchedule", .schedules, "Change a schedule", description: "Members that are left out stay; a null brings back what is usual.",
        body: .json(ScheduleSchemas.change, example: ["cron": "0 4 * * *"]),
        answers: [.ok("The schedule as it is now.", ScheduleSchemas.detail, example: detail)], problems: problems)

    static let delete = Operation("deleteSchedule", .schedules, "Delete a schedule", answers: [.noContent("Deleted; jobs that it made stay.")])

    static let pause = Operation(
        "pauseSchedule", .schedules, "Pause a schedule",
        body: .json(.object(nil, [.optional("reason", .string(1...500).orNull)], open: false), example: ["reason": "migration"], optional: true),
        answers: [.ok("The schedule as it is now.", ScheduleSchemas.detail, example: detail)])

    static let resume = Operation(
        "resumeSchedule", .schedules, "Resume a schedule",
        body: .json(
            .object(nil, [.optional("catchUp", .boolean.orNull.described("Whether times that passed meanwhile are made up for."))], open: false),
            example: ["catchUp": false], optional: true),
        answers: [.ok("The schedule as it is now.", ScheduleSchemas.detail, example: detail)])

    static let run = Operation(
        "runSchedule", .schedules, "Run a schedule's job now, once",
        body: .json(.object(nil, [], open: false), example: .object([]), optional: true),
        answers: [.accepted("Accepted.", JobSchemas.receipt, example: Examples.receipt)])
}
