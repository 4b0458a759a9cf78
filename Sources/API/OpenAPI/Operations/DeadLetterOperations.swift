import Foundation
import HTTPTypes
import Ledger
import Primitives

enum DeadLetterOperations {
    private static let letter = JSON.object(Examples.jobMembers + [("fingerprint", "3f2a91c07be4d586")])
    private static let version: [(String, JSON)] = [
        ("version", 1), ("author", .null), ("at", Examples.time), ("links", ["self": "/api/dead-letters/job_01jd2n8w5tq3v9k7x4m6b0c1yz/payloads/1"]),
    ]
    private static let detail = JSON.object(
        Examples.jobDetailMembers.filter { $0.0 != "payloadVersion" } + [("fingerprint", "3f2a91c07be4d586"), ("payloadVersion", 1), ("payloads", [.object(version)])])
    private static let operation: JSON = [
        "operationId": .string(Examples.operation), "action": "replay", "status": "running", "author": "key_01jd2n8w5tq3v9k7x4m6b0c1yz",
        "ids": .null, "filter": ["errorClass": "timeout"], "rate": 50, "limit": .null, "total": 12_000, "processed": 400, "done": 398, "skipped": 2,
        "error": .null, "createdAt": Examples.time, "updatedAt": Examples.time, "endedAt": .null,
        "links": ["self": "/api/dead-letters/operations/dlo_01jd2n8w5tq3v9k7x4m6b0c1yz"],
    ]
    /// Groups have places of their own.
    private static let paging: [Parameter] = [Parameter].paging("dead-letters", .id("job")).map { parameter in
        guard parameter.name == "cursor" else { return parameter }
        var either = parameter
        either.schema = .anyOf([parameter.schema, .string(pattern: Cursor.pattern(of: "dead-letter-groups", .number))])
        return either
    }
    private static let filters: [Parameter] =
        JobOperations.filters + [
            .query("webhookId", .id(Endpoint.self), "The endpoint that they were for; goes without `lane`."),
            .query("fingerprint", .filter, "What they have in common."), .query("diedAfter", .time, "Given up from this time on."),
            .query("diedBefore", .time, "Given up before this time."),
        ]

    static let list = Operation(
        "listDeadLetters", .deadLetters, "Dead letters, newest first, or groups of them",
        parameters: paging + filters + [.query("groupBy", .choice(DeadLetterGrouping.self), "Groups instead, the largest first.")],
        answers: [
            .page(
                "A page of dead letters, or of groups.", of: .anyOf([DeadLetterSchemas.summary, DeadLetterSchemas.group]), example: letter
            ).leading(to: ["getDeadLetter", "changeDeadLetter"], id: "/data/0/id")
        ],
        problems: [.cursorOfAnotherList])

    static let show = Operation(
        "getDeadLetter", .deadLetters, "A dead letter with its attempts and payloads",
        answers: [tagged(.ok("The dead letter.", DeadLetterSchemas.detail, example: detail))])

    static let replay = move("replayDeadLetters", "Run dead letters again", done: "replayed")
    static let discard = move("discardDeadLetters", "Discard dead letters", done: "discarded")

    private static func move(_ id: String, _ summary: String, done: String) -> Operation {
        Operation(
            id, .deadLetters, summary,
            description: "Up to a thousand at once; more, or some at a rate, are an operation that the leading scheduler works off.",
            body: .json(DeadLetterSchemas.order, example: ["filter": ["errorClass": "timeout"], "dryRun": true]),
            answers: [
                .ok(
                    "What was done, or would be.", DeadLetterSchemas.report,
                    example: .object([
                        (done, .int(1)), ("dryRun", true), ("results", [["id": .string(Examples.job), "result": .string(done)]]), ("limitReached", false),
                        ("total", 1), ("background", false),
                    ])),
                .accepted("An operation has begun.", DeadLetterSchemas.operation, example: operation)
                    .leading(to: ["getDeadLetterOperation"] + DeadLetterOperationTable.Steering.allCases.map(operationID), id: "/operationId"),
            ],
            problems: [.tooManyOperations])
    }

    static let edit = Operation(
        "changeDeadLetter", .deadLetters, "Repair a dead letter's payload",
        description: "The job keeps every version; `If-Match` or `ifVersion` guards against another's change.",
        parameters: [.header("If-Match", .string(1...16, pattern: "^\"[1-9][0-9]{0,5}\"$"), "The `ETag` that was read.")],
        body: .json(
            .object(
                nil,
                [
                    .required("payload", JobSchemas.payload),
                    .optional("ifVersion", .integer(1...2_147_483_647).orNull.described("The version that was read.")),
                ], open: false), example: ["payload": .object([]), "ifVersion": 1]),
        answers: [
            tagged(
                .ok(
                    "Stored.",
                    .object(
                        nil, [.required("id", .id(JobRow.self)), .required("payloadVersion", .integer(1...(.max))), .required("links", .links)]),
                    example: [
                        "id": .string(Examples.job), "payloadVersion": 2, "links": ["self": "/api/dead-letters/job_01jd2n8w5tq3v9k7x4m6b0c1yz"],
                    ]))
        ],
        problems: [
            .staleVersion(3, status: .preconditionFailed), .staleVersion(3, status: .conflict), .notDead, .tooManyVersions,
            .payloadDoesNotFit(.body("/payload/courseId", "is missing")),
        ])

    static let payload = Operation(
        "getDeadLetterPayload", .deadLetters, "A version of a dead letter's payload",
        answers: [.ok("The payload as it was.", DeadLetterSchemas.payload, example: .object(version + [("payload", .object([]))]))])

    static let listOperations = Operation(
        "listDeadLetterOperations", .deadLetters, "Operations on dead letters, newest first",
        parameters: .paging("dead-letter-operations", .id("dlo")) + [.query("status", .choice(DeadLetterOperation.State.self), "How far they are.")],
        answers: [.page("A page of operations.", of: DeadLetterSchemas.operation, example: operation)])

    static let showOperation = Operation(
        "getDeadLetterOperation", .deadLetters, "How far an operation is",
        answers: [.ok("The operation.", DeadLetterSchemas.operation, example: operation)])

    static func steer(_ steering: DeadLetterOperationTable.Steering) -> Operation {
        Operation(
            operationID(of: steering), .deadLetters, "\(steering.rawValue.capitalized) an operation on dead letters",
            answers: [.ok("The operation as it is now.", DeadLetterSchemas.operation, example: operation)], problems: [.operationOver("done")])
    }

    private static func operationID(of steering: DeadLetterOperationTable.Steering) -> String { "\(steering.rawValue)DeadLetterOperation" }

    private static func tagged(_ answer: Operation.Answer) -> Operation.Answer {
        var answer = answer
        answer.headers.append(("ETag", "The payload's version, for `If-Match`.", .string()))
        return answer
    }
}
