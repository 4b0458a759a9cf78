import HTTPTypes
import Ledger
import Primitives

enum ErasureOperations {
    private static let id = "ers_01jd2n8w5tq3v9k7x4m6b0c1yz"
    private static let example: JSON = [
        "id": .string(id), "status": "running", "by": "email", "dryRun": false, "author": "key_01jd2n8w5tq3v9k7x4m6b0c1yz",
        "counts": ["jobs": 12, "payloadVersions": 0, "eventBodies": 40], "jobsCancelled": 1, "error": .null, "createdAt": Examples.time,
        "updatedAt": Examples.time, "endedAt": .null,
        "links": ["self": .string("/api/erasures/\(id)"), "cancel": .string("/api/erasures/\(id)/cancel")],
    ]

    private static let erasure = Schema.object(
        "Erasure",
        [
            .required("id", .id(ErasureRow.self)), .required("status", .choice(Erasure.State.self)),
            .required("by", .choice(ErasureSubject.Kind.self).described("Whom it is about is told nowhere.")), .required("dryRun", .boolean),
            .required("author", .string()),
            .required("counts", Schema.object(nil, []).described("Rows with a mention, by where they are; exact when it is done.")),
            .required("jobsCancelled", .integer(0...(.max))), .required("error", .string().orNull), .required("createdAt", .time),
            .required("updatedAt", .time), .required("endedAt", .time.orNull), .required("links", .links),
        ])

    private static let dryRun: Schema.Member = .optional("dryRun", .boolean.orNull.described("Only count."))
    private static let order = Schema.oneOf([
        .object(nil, [.required("userId", .id(User.self)), .optional("email", .null), dryRun], open: false),
        .object(
            nil, [.required("email", .string(3...254, pattern: address)), .optional("userId", .null), dryRun], open: false),
    ]).named("ErasureOrder")

    /// What is certainly taken. A few more are.
    private static let address = "^[A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,60}){0,2}$"

    static let begin = Operation(
        "beginErasure", .workspace, "Erase a person",
        description: "Every mention of the id or the address in what events and jobs say, what receivers answered and the log is replaced by `[erased]`, by the "
            + "leading scheduler, in steps. Jobs that wait and have a mention are cancelled. The user itself is deleted by `DELETE /api/users/{id}`.",
        body: .json(order, example: ["email": "ann@example.com", "dryRun": true]),
        answers: [accepted], problems: [.tooManyErasures])

    private static var accepted: Operation.Answer {
        var answer = Operation.Answer.accepted("An erasure has begun.", erasure, example: example)
            .leading(to: ["getErasure", "cancelErasure"], id: "/id")
        answer.headers.append(("Location", "Where the erasure is.", .string()))
        return answer
    }

    static let list = Operation(
        "listErasures", .workspace, "Erasures, newest first",
        parameters: .paging("erasures", .id("ers")) + [.query("status", .choice(Erasure.State.self), "How far they are.")],
        answers: [.page("A page of erasures.", of: erasure, example: example)])

    static let show = Operation(
        "getErasure", .workspace, "How far an erasure is", answers: [.ok("The erasure.", erasure, example: example)])

    static let cancel = Operation(
        "cancelErasure", .workspace, "Stop an erasure", description: "What is erased stays erased.",
        answers: [.ok("The erasure as it is now.", erasure, example: example)], problems: [.erasureOver("done")])
}
