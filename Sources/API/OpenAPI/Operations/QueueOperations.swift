enum QueueOperations {
    private static let limits: JSON = ["rate": .null, "burst": 1, "concurrency": 0, "strict": false]
    private static let queue: JSON = [
        "queue": "webhooks", "due": 12, "scheduled": 3, "dead": 0, "oldestDueAt": Examples.time, "sampledAt": Examples.time, "running": 8,
        "weight": 10, "priority": 0, "concurrency": 0, "processConcurrency": 0, "paused": false, "pausedSeconds": .null, "pausedReason": .null,
        "pausedBy": .null, "draining": false, "laneDefaults": limits,
    ]
    private static let changed: [Operation.Answer] = [.ok("The queue as it is now.", QueueSchemas.queue, example: queue)]

    static let list = Operation(
        "listQueues", .queues, "All queues",
        answers: [.page("The queues.", of: QueueSchemas.queue, example: queue)])

    static let show = Operation("getQueue", .queues, "A queue", answers: [.ok("The queue.", QueueSchemas.queue, example: queue)])

    static let change = Operation(
        "changeQueue", .queues, "Change what is set for a queue", body: .json(QueueSchemas.change, example: ["weight": 5]), answers: changed)

    static let pause = Operation(
        "pauseQueue", .queues, "Pause a queue", description: "Jobs are accepted and wait.",
        body: .json(.object(nil, QueueSchemas.pauseMembers, open: false), example: ["reason": "migration", "seconds": 600]), answers: changed)

    static let resume = Operation("resumeQueue", .queues, "Resume a queue", answers: changed)

    static let drain = Operation(
        "drainQueue", .queues, "Take no new jobs for a queue", description: "What waits is worked off; requests for more are a 409 `queue_draining`.", answers: changed)

    static let undrain = Operation("undrainQueue", .queues, "Take jobs for a queue again", answers: changed)

    static let workers = Operation(
        "listWorkers", .queues, "Workers that were heard of lately",
        answers: [
            .page(
                "The workers.", of: QueueSchemas.worker,
                example: [
                    "id": "01jd2n8w5tq3v9k7x4m6b0c1yz", "host": "worker-1", "pid": 4711, "version": "0.4.0", "startedAt": Examples.time,
                    "seenAt": Examples.time, "queues": .object([]),
                ])
        ])
}

enum LaneOperations {
    private static let lane: JSON = [
        "queue": "system", "lane": "imports", "paused": false, "pausedSeconds": .null, "pausedReason": .null, "pausedBy": .null,
        "holds": [], "limits": ["rate": ["jobs": 60, "seconds": 60], "burst": .null, "concurrency": 4, "strict": .null],
        "effectiveLimits": ["rate": ["jobs": 60, "seconds": 60], "burst": 1, "concurrency": 4, "strict": false], "running": 2, "waitingInIndex": 17,
        "overflowing": false, "oldestDueAt": Examples.time,
    ]
    private static let changed: [Operation.Answer] = [.ok("The lane as it is now.", QueueSchemas.lane, example: lane)]

    static let list = Operation(
        "listLanes", .queues, "Lanes of a queue that wait or have settings, by name",
        parameters: .paging("lanes", .name) + [
            .query("queue", .queueName, "Whose lanes.", required: true), .query("lane", .filter, "Only this one."),
        ],
        answers: [.page("A page of lanes.", of: QueueSchemas.lane, example: lane)])

    static let limits = Operation(
        "setLaneLimits", .queues, "Set a lane's limits", description: "All of them: those left out are the queue's.",
        body: .json(
            .object(nil, QueueSchemas.place + QueueSchemas.limitMembers, open: false),
            example: ["queue": "system", "lane": "imports", "rate": ["jobs": 60, "seconds": 60], "concurrency": 4]),
        answers: changed, problems: [.notFound("webhook")])

    static let pause = Operation(
        "pauseLane", .queues, "Pause a lane",
        body: .json(
            .object(nil, QueueSchemas.place + QueueSchemas.pauseMembers, open: false),
            example: ["queue": "system", "lane": "imports", "reason": "the importer is being repaired"]),
        answers: changed, problems: [.notFound("webhook")])

    static let resume = Operation(
        "resumeLane", .queues, "Resume a lane", description: "Ends one of its holds; the others go on holding it.",
        body: .json(
            .object(nil, QueueSchemas.place + [.optional("cause", .choice(["operator", "throttle", "circuit"]).orNull)], open: false), example: ["queue": "system", "lane": "imports"]),
        answers: changed, problems: [.notFound("webhook")])
}
