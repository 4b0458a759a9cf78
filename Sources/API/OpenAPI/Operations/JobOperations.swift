import HTTPTypes
import Ledger
import Primitives

enum JobOperations {
    static let create = Operation(
        "createJob", .jobs, "Enqueue a job",
        description: "With `Prefer: wait=10` the answer comes when the job has ended, and is 200 then; after that time it is 202 as usual.",
        parameters: [.header("Prefer", .string(1...64, pattern: "^wait=[1-9][0-9]?$"), "`wait=` and seconds, 30 at most.")],
        body: .json(
            JobSchemas.request, example: ["kind": "noop", "payload": .object([]), "lane": "imports", "uniqueKey": "import-7"]),
        answers: [
            .accepted("Accepted: it will happen.", JobSchemas.receipt, example: Examples.receipt)
                .leading(to: ["getJob", "cancelJob", "retryJob"], id: "/jobId"),
            Operation.Answer(
                status: .ok, description: "It has ended already, as the client preferred to wait.", schema: JobSchemas.finished,
                example: .object([("jobId", .string(Examples.job))] + Examples.jobDetailMembers),
                headers: [("Preference-Applied", "`wait=` and the seconds that were allowed.", .string())]),
        ],
        problems: [.draining("system"), .neverRuns(at: "/notAfter"), .overloaded])

    static let createBatch = Operation(
        "createJobs", .jobs, "Enqueue up to a thousand jobs, all of them or none",
        body: .json(JobSchemas.batch, example: ["jobs": [["kind": "noop", "payload": .object([])]]], limit: BodyLimit.batch),
        answers: [
            .accepted(
                "Accepted, all of them.",
                .object(
                    nil, [.required("jobs", .array(JobSchemas.receipt)), .optional("then", .array(JobSchemas.receipt))]),
                example: ["jobs": [Examples.receipt]])
        ],
        problems: [.draining("system"), .neverRuns(at: "/notAfter"), .overloaded])

    static let list = Operation(
        "listJobs", .jobs, "Jobs, newest first",
        parameters: .paging("jobs", .id("job")) + filters + [
            .query("status", .choice(JobState.self), "How far they are."),
            .query("state", .choice(JobState.self), "The same as `status`."),
            .query("uniqueKey", .filter, "Their unique key."),
            .query("createdAfter", .time, "Accepted from this time on."), .query("createdBefore", .time, "Accepted before this time."),
        ],
        answers: [.page("A page of jobs.", of: JobSchemas.summary, example: .object(Examples.jobMembers))])

    static let filters: [Parameter] = [
        .query("kind", .filter, "Their kind."), .query("queue", .filter, "Their queue."), .query("lane", .filter, "Their lane."),
        .query("errorClass", .filter, "The class of their last error."),
    ]

    static let show = Operation(
        "getJob", .jobs, "A job with its attempts",
        answers: [.ok("The job.", JobSchemas.detail, example: .object(Examples.jobDetailMembers))])

    static let cancel = Operation(
        "cancelJob", .jobs, "Cancel a job",
        description: "A waiting job is cancelled at once, a running one within seconds.",
        body: .json(
            .object(nil, [.optional("reason", .string(1...500).orNull)], open: false), example: ["reason": "the course was withdrawn"], optional: true),
        answers: [
            .ok("Cancelled.", JobSchemas.receipt, example: ["jobId": .string(Examples.job), "status": "cancelled", "links": Examples.links]),
            .accepted(
                "It is running, and will be told to stop.", JobSchemas.receipt,
                example: ["jobId": .string(Examples.job), "status": "cancelling", "links": Examples.links]),
        ],
        problems: [.jobHasEnded(.succeeded)])

    static let retry = Operation(
        "retryJob", .jobs, "Run a dead or cancelled job again",
        answers: [.accepted("It will run again.", JobSchemas.receipt, example: Examples.receipt)],
        problems: [.notRetryable("pending"), .uniqueKeyTaken])
}
