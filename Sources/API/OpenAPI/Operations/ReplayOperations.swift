import Foundation
import HTTPTypes
import Ledger
import Primitives

enum ReplayOperations {
    private static let id = "rpl_01jd2n8w5tq3v9k7x4m6b0c1yz"
    private static let example: JSON = [
        "id": .string(id), "webhookId": .string(Examples.webhook), "choice": "failed", "status": "running",
        "author": "key_01jd2n8w5tq3v9k7x4m6b0c1yz", "since": Examples.time, "until": Examples.time, "eventTypes": .null, "deliveryStatus": .null,
        "url": .null, "rate": 50, "total": 12_000, "processed": 400, "done": 400, "skipped": 0, "error": .null, "createdAt": Examples.time,
        "updatedAt": Examples.time, "endedAt": .null,
        "links": ["self": .string("/api/replays/\(id)"), "webhook": .string("/api/webhooks/\(Examples.webhook)")],
    ]

    static let recover = begin(
        "recoverWebhook", "Deliver again what was given up",
        "Deliveries that died since a time wait again, each as the job that it was, with the full schedule; they are dead letters no more. An event that was "
            + "delivered since by another delivery is left out. With `url`, new deliveries go there and the dead letters stay.",
        ReplaySchemas.recovery)

    static let missing = begin(
        "replayMissingEvents", "Deliver what never became a delivery",
        "Events of the webhook's types and filter since a time that have no delivery for it: from while it was disabled, or from before it was there.",
        ReplaySchemas.missing)

    static let replay = begin(
        "replayDeliveries", "Deliver again what a filter lets pass",
        "Every delivery that ended, of an event's several ones the first, is made anew; the new one keeps the id that its receiver knows.",
        ReplaySchemas.filtered)

    private static func begin(_ id: String, _ summary: String, _ description: String, _ body: Schema) -> Operation {
        Operation(
            id, .webhooks, summary,
            description: description + " The leading scheduler works it off, in steps and at its `rate`; each delivery carries `webhook-replay: true`.",
            body: .json(body, example: ["since": Examples.time, "rate": 50, "dryRun": true]),
            answers: [
                .ok("How many there are.", ReplaySchemas.count, example: ["dryRun": true, "total": 12_000]), accepted,
            ],
            problems: [.tooManyReplays, .emptyRange(at: "/until"), .tooMuchToCount])
    }

    private static var accepted: Operation.Answer {
        var answer = Operation.Answer.accepted("A replay has begun.", ReplaySchemas.replay, example: example)
            .leading(to: ["getReplay"] + ReplayTable.Steering.allCases.map(operationID), id: "/id")
        answer.headers.append(("Location", "Where the replay is.", .string()))
        return answer
    }

    static let list = Operation(
        "listReplays", .webhooks, "Replays, newest first",
        parameters: .paging("replays", .id("rpl")) + [
            .query("status", .choice(Replay.State.self), "How far they are."), .query("webhookId", .id(Endpoint.self), "Of this webhook."),
        ],
        answers: [.page("A page of replays.", of: ReplaySchemas.replay, example: example)])

    static let show = Operation(
        "getReplay", .webhooks, "How far a replay is", answers: [.ok("The replay.", ReplaySchemas.replay, example: example)])

    static func steer(_ steering: ReplayTable.Steering) -> Operation {
        Operation(
            operationID(of: steering), .webhooks, "\(steering.rawValue.capitalized) a replay",
            description: steering == .cancel ? "Nothing more is made; what is made already is delivered." : nil,
            answers: [.ok("The replay as it is now.", ReplaySchemas.replay, example: example)], problems: [.replayOver("done")])
    }

    private static func operationID(of steering: ReplayTable.Steering) -> String { "\(steering.rawValue)Replay" }
}
